// A gateway as a process of its own, and what it wrote into its decision log.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

const ROOT = process.env.ROOT;
const POLICY = 'rules/assemblyai';
// Models are released and retired: the mock is asked on a day when both kinds are there.
const DAY = '2026-03-01';

export const KEY = 'sk-ours';
const hash = (key) => createHash('sha256').update(key).digest('hex');
const KEYED = `
gateway: 1
listeners:
  - {address: '127.0.0.1:0', endpoint: us}
  - {address: '127.0.0.1:0', endpoint: eu}
keys:
  attribute: tenant
  rows:
    - sha256: ${hash(KEY)}
      row: everybody
      upstreams: {eu: env:OURS}
    - sha256: ${hash('sk-poor')}
      row: everybody
      upstreams: {us: env:OURS, eu: env:OURS}
      budget: {usd: 0.001, window_s: 3_600}
`;
// For one case alone: a body that is not read costs its connection, and clients keep theirs for the next.
const SMALL = `
gateway: 1
listeners:
  - {address: '127.0.0.1:0', endpoint: us}
bounds: {body_bytes: 4000}
`;
const TENANTS = `
table tenants (home: place)
  row everybody: world
attribute tenant: key of tenants = everybody
`;
// Transcripts are put in and JSON is mended by the gateway, where the endpoint does not do that itself.
const EXECUTES = 'executes: [retry, fallbacks, json-repair, transcript]';
const UNFED = ['catalog.yaml', EXECUTES, 'executes: [retry, fallbacks]'];
const FED = `
gateway: 1
listeners:
  - {address: '127.0.0.1:0', endpoint: us}
pass_through:
  assemblyai:
    endpoint: us
    hosts:
      - {url: https://api.assemblyai.com, place: US, json: [GET /v2/transcript/*]}
      - {url: https://streaming.us.assemblyai.com, place: US, sockets: [GET /v3/ws]}
`;
// One call a minute: a rule that asks how many there were says no, and where none asks the gateway.
const USED = ['policy.portolan', 'model.used >= 30', 'model.used >= 1'];
const BLIND = ['policy.portolan', 'model.used >= 30', 'model.used >= 1_000_000'];
const ONE = ['policy.portolan', 'limit 30 requests', 'limit 1 requests'];
const HOSTS = `
gateway: 1
listeners:
  - {address: '127.0.0.1:0', hosts: {us.llm.test: us, 127.0.0.1: us}}
`;

/** Starts `portolan serve`; it listens where the machine has room. */
export async function start({ day = DAY, policy = POLICY, yaml, set = [] } = {}) {
  const place = mkdtempSync(join(tmpdir(), 'portolan-clients-'));
  const log = join(place, 'decisions.ndjson');
  const words = ['serve', policy, '--upstream', 'mock', '--at', day, '--log', log, '--admin', '127.0.0.1:0'];
  if (yaml) {
    const file = join(place, 'gateway.yaml');
    writeFileSync(file, yaml);
    words.push('--config', file);
  } else {
    words.push('--listen', 'us=127.0.0.1:0', '--listen', 'eu=127.0.0.1:0');
  }
  for (const one of set) words.push('--set', one);
  const child = spawn(process.env.PORTOLAN, words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const urls = {};
  let admin;
  let ready = false;
  for await (const line of createInterface({ input: child.stdout })) {
    const found = line.match(/^listening: (.*) at (\S+)$/);
    for (const [, name] of found ? found[1].matchAll(/`([^`]+)`/g) : []) urls[name] = found[2];
    if (line.startsWith('admin: ')) admin = line.slice('admin: '.length).trim();
    ready = line.startsWith('ready: ');
    if (ready) break;
  }
  if (!ready) throw new Error('it did not get ready');
  return {
    url: (endpoint = 'us') => `${urls[endpoint]}/v1`,
    /** The log, once it has all calls so far. */
    lines: async () => {
      while (!/^portolan_calls_open 0$/m.test(await (await fetch(`${admin}/metrics`)).text())) await setTimeout(20);
      return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').filter(Boolean).map(JSON.parse) : [];
    },
    close: async () => {
      child.kill();
      await ended;
      rmSync(place, { recursive: true });
    },
  };
}

/** The shipped policy with other texts in the place of some, each wherever it stands. */
function changed(...changes) {
  const copy = mkdtempSync(join(tmpdir(), 'portolan-policy-'));
  cpSync(join(ROOT, POLICY), copy, { recursive: true });
  for (const [name, old, fresh] of changes) {
    const file = join(copy, name);
    const text = readFileSync(file, 'utf8');
    if (!text.includes(old)) throw new Error(`\`${old}\` is not in ${name}`);
    writeFileSync(file, text.replaceAll(old, fresh));
  }
  return copy;
}

/** A gateway whose one call of a minute is made. */
async function spent(asked) {
  const gateway = await start({ policy: changed(asked, ONE) });
  const answer = await fetch(`${gateway.url()}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: KEY },
    body: JSON.stringify({ model: 'claude-sonnet-4-6', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  if (answer.status !== 200) throw new Error(`it was refused: ${await answer.text()}`);
  await answer.text();
  return gateway;
}

/** Gateways by the names that stand in the table of refusals. */
export const NAMED = {
  plain: () => start(),
  free: () => start({ set: ['account=free'] }),
  later: () => start({ day: '2026-08-01' }),
  hasty: () => start({ policy: changed(['policy.portolan', 'total 600s', 'total 1s']) }),
  small: () => start({ yaml: SMALL }),
  hosts: () => start({ yaml: HOSTS }),
  fed: () => start({ yaml: FED, policy: changed(UNFED) }),
  unfed: () => start({ policy: changed(UNFED) }),
  used: () => spent(USED),
  spent: () => spent(BLIND),
  keepless: () => start({ set: ['zero_retention=true'] }),
  keyed: () => {
    const line = 'attribute zero_retention';
    return start({ yaml: KEYED, policy: changed(['policy.portolan', line, `${TENANTS}\n${line}`]) });
  },
};
