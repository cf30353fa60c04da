// OpenAI's Node SDK: answers, streams, tools, retries, and every refusal of the table.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import OpenAI, * as openai from 'openai';
import { KEY, NAMED, start } from './gateway.mjs';

const HELLO = [{ role: 'user', content: 'Hello' }];
const SAID = 'This is a mock: no model was asked.';
const WEATHER = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: {} } },
};
// One that streams, and one that answers in one piece whatever it is asked.
const MODELS = ['gpt-4.1', 'claude-sonnet-4-6'];

describe('a client over the mock', () => {
  let gateway, client;
  before(async () => {
    gateway = await start();
    client = new OpenAI({ baseURL: gateway.url(), apiKey: 'any-key' });
  });
  after(() => gateway.close());

  for (const model of MODELS) {
    test(`${model} answers`, async () => {
      const { data, response } = await client.chat.completions
        .create({ model, messages: HELLO })
        .withResponse();
      assert.equal(data.choices[0].message.content, SAID);
      assert.equal(data.choices[0].finish_reason, 'stop');
      assert.equal(response.headers.get('x-portolan-model'), model);
      assert.equal(data._request_id, response.headers.get('x-request-id'));
    });

    test(`${model} streams, with usage where it is asked for`, async () => {
      for (const options of [{}, { stream_options: { include_usage: true } }]) {
        let text = '', counted = 0;
        const ended = [];
        const stream = await client.chat.completions.create({ model, messages: HELLO, stream: true, ...options });
        for await (const chunk of stream) {
          counted += chunk.usage ? 1 : 0;
          for (const choice of chunk.choices) {
            text += choice.delta.content ?? '';
            if (choice.finish_reason) ended.push(choice.finish_reason);
          }
        }
        assert.equal(text, SAID);
        assert.deepEqual(ended, ['stop']);
        assert.equal(counted, options.stream_options ? 1 : 0);
      }
    });

    test(`${model} calls a tool, in one piece and in a stream`, async () => {
      const asked = { model, messages: HELLO, tools: [WEATHER] };
      const answer = await client.chat.completions.create(asked);
      assert.equal(answer.choices[0].finish_reason, 'tool_calls');
      const [call] = answer.choices[0].message.tool_calls;
      assert.deepEqual([call.function.name, call.function.arguments], ['weather', '{}']);
      const final = await client.chat.completions.stream(asked).finalChatCompletion();
      const [streamed] = final.choices[0].message.tool_calls;
      assert.deepEqual([streamed.function.name, streamed.function.arguments], ['weather', '{}']);
    });

    test(`${model} and a tool that is run by the SDK`, async () => {
      const run = { type: 'function', function: { ...WEATHER.function, function: () => 'rain', parse: JSON.parse } };
      const runner = client.chat.completions.runTools({ model, messages: HELLO, tools: [run] });
      assert.equal(await runner.finalContent(), SAID);
    });
  }

  test('what fails once is tried again by the gateway alone', async () => {
    const earlier = (await gateway.lines()).length;
    const headers = { 'x-portolan-mock': '503,ok' };
    await client.chat.completions.create({ model: MODELS[1], messages: HELLO }, { headers });
    const [line, ...more] = (await gateway.lines()).slice(earlier);
    assert.deepEqual(line.attempts.map((attempt) => attempt.outcome), ['503', 'answered']);
    assert.deepEqual(more, []);
  });

  test('what fails twice is not tried by the client', async () => {
    const earlier = (await gateway.lines()).length;
    const headers = { 'x-portolan-mock': '503,503' };
    await assert.rejects(
      client.chat.completions.create({ model: MODELS[1], messages: HELLO }, { headers }),
      openai.InternalServerError,
    );
    const [line, ...more] = (await gateway.lines()).slice(earlier);
    assert.equal(line.attempts.length, 2);
    assert.deepEqual(more, []);
  });

  test('a fallback answers where the first does not', async () => {
    const { response } = await client.chat.completions
      .create(
        { model: 'claude-opus-4-6', messages: HELLO, fallbacks: [{ model: 'gpt-5-mini' }] },
        { headers: { 'x-portolan-mock': '429' } },
      )
      .withResponse();
    assert.equal(response.headers.get('x-portolan-model'), 'gpt-5-mini');
  });

  test('a stream that breaks off says so', async () => {
    const stream = await client.chat.completions.create(
      { model: 'gpt-4.1', messages: HELLO, stream: true },
      { headers: { 'x-portolan-mock': 'truncated' } },
    );
    await assert.rejects(
      async () => {
        for await (const chunk of stream) assert.ok(chunk);
      },
      (error) => error instanceof openai.APIError && error.code === 'stream-broken',
    );
  });

  test('models are those that can be called here', async () => {
    const ids = (await client.models.list()).data.map((model) => model.id);
    assert.ok(ids.includes('gpt-4.1') && !ids.includes('gpt-5.5'));
  });
});

const CLASSES = {
  400: openai.BadRequestError,
  401: openai.AuthenticationError,
  403: openai.PermissionDeniedError,
  404: openai.NotFoundError,
  429: openai.RateLimitError,
};
const CASES = JSON.parse(readFileSync(new URL('./refusals.json', import.meta.url)));

// Node's `fetch` writes the host itself, whatever a caller says: it is called by another name.
function elsewhere(wanted) {
  const { host, ...headers } = wanted.headers ?? {};
  if (!host) return wanted;
  return { ...wanted, headers, host: 'localhost', message: wanted.message.replace(host, 'localhost') };
}

describe('a refusal', () => {
  const running = {};
  after(async () => {
    for (const gateway of Object.values(running)) await (await gateway).close();
  });

  for (const row of CASES) {
    const wanted = elsewhere(row);
    test(wanted.why, async () => {
      const name = wanted.serve ?? 'plain';
      const gateway = await (running[name] ??= NAMED[name]());
      const baseURL = gateway.url(wanted.endpoint).replace('127.0.0.1', wanted.host ?? '127.0.0.1');
      const client = new OpenAI({ baseURL, apiKey: KEY, maxRetries: 0 });
      const headers = { ...Object.fromEntries((wanted.drop ?? []).map((name) => [name, null])), ...wanted.headers };
      if (wanted.script) headers['x-portolan-mock'] = wanted.script;
      let body = wanted.body;
      if (wanted.padding) {
        const long = { role: 'user', content: 'x'.repeat(wanted.padding) };
        body = { ...body, messages: [...body.messages, long] };
      }
      if (wanted.raw) {
        headers['content-type'] ??= 'application/json';
        body = new TextEncoder().encode(wanted.raw);
      }
      const method = (wanted.method ?? 'POST').toLowerCase();
      const path = wanted.url ? baseURL.replace(/\/v1$/, wanted.url) : (wanted.path ?? '/chat/completions');
      const asked = client[method](path, { body, headers, query: wanted.query });
      const error = await asked.then(() => assert.fail('it was answered'), (error) => error);
      const kind = CLASSES[wanted.status] ?? (wanted.status >= 500 ? openai.InternalServerError : openai.APIError);
      assert.equal(error.constructor, kind, String(error));
      assert.deepEqual(
        [error.status, error.code, error.param ?? undefined],
        [wanted.status, wanted.code, wanted.param],
      );
      assert.ok(error.message.includes(wanted.message), error.message);
      assert.equal(error.headers.get('x-should-retry') === 'false', !wanted.again);
      assert.ok(error.requestID);
    });
  }
});
