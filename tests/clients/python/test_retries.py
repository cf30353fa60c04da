"""Who tries again, counted at the upstream: the gateway as the plan says, a client only where the
gateway did not, and nobody where it is in vain."""

import time

import openai
import pytest
from gateway import Gateway
from upstream import SAID, Upstream

HELLO = [{"role": "user", "content": "Hello"}]
MODEL = "claude-sonnet-4-6"


@pytest.fixture
def upstream():
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def gateway(upstream, tmp_path):
    config, secret = upstream.config(tmp_path)
    with Gateway("--config", config, listen=(), mock=False, env=secret) as running:
        yield running


def ask(gateway, retries=2, **more):
    client = openai.OpenAI(
        base_url=gateway.url("us"), api_key="callers-key", max_retries=retries, timeout=60
    )
    return client.chat.completions.create(model=MODEL, messages=HELLO, **more)


def test_a_call_is_made_once_under_our_key(gateway, upstream):
    assert ask(gateway).choices[0].message.content == SAID
    [call] = upstream.calls
    assert call["path"] == "/v1/chat/completions"
    assert call["headers"]["authorization"] == "the-upstreams-key"
    assert not any(name.lower().startswith("x-stainless") for name in call["headers"])
    assert "callers-key" not in str(call)
    # Retrying is ours to do, not the upstream's.
    assert call["body"]["fallback_config"] == {"retry": False}


def test_what_fails_once_is_tried_again_by_us_alone(gateway, upstream):
    upstream.script = [503]
    assert ask(gateway).choices[0].message.content == SAID
    assert len(upstream.calls) == 2
    [line] = gateway.lines(1)
    assert [attempt["outcome"] for attempt in line["attempts"]] == ["503", "answered"]


def test_what_fails_twice_is_not_tried_by_the_client(gateway, upstream):
    upstream.script = [503] * 9
    with pytest.raises(openai.InternalServerError):
        ask(gateway)
    assert len(upstream.calls) == 2
    assert len(gateway.lines(1)) == 1


def test_a_client_that_retries_by_itself_can(gateway, upstream):
    upstream.script = [503]
    answer = ask(gateway, extra_body={"fallback_config": {"retry": False}})
    assert answer.choices[0].message.content == SAID
    assert len(upstream.calls) == 2
    assert len(gateway.lines(2)) == 2


def test_fallbacks_are_spent_before_a_client_hears_of_it(gateway, upstream):
    upstream.script = [503] * 9
    with pytest.raises(openai.InternalServerError):
        ask(gateway, extra_body={"fallbacks": [{"model": "claude-opus-4-6"}]})
    assert [call["body"]["model"] for call in upstream.calls] == [MODEL, "claude-opus-4-6"]


def test_a_client_waits_as_long_as_the_upstream_asks(gateway, upstream):
    upstream.script = [429]
    begun = time.monotonic()
    assert ask(gateway).choices[0].message.content == SAID
    assert time.monotonic() - begun >= 1
    assert len(upstream.calls) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_what_stays_wrong_is_asked_once(gateway, upstream, status):
    upstream.script = [status] * 9
    with pytest.raises(openai.APIStatusError):
        ask(gateway)
    assert len(upstream.calls) == 1


def test_json_beyond_repair_is_asked_for_once(gateway, upstream):
    upstream.script = [500] * 9
    with pytest.raises(openai.InternalServerError):
        ask(gateway, extra_body={"post_processing_steps": [{"type": "json-repair"}]})
    assert len(upstream.calls) == 1


def test_a_refusal_of_ours_reaches_no_upstream(gateway, upstream):
    with pytest.raises(openai.NotFoundError):
        client = openai.OpenAI(base_url=gateway.url("us"), api_key="any-key")
        client.chat.completions.create(model="gpt-nobody", messages=HELLO)
    assert upstream.calls == []
    assert len(gateway.lines(1)) == 1


def test_a_stream_is_asked_for_where_the_model_has_one(gateway, upstream):
    client = openai.OpenAI(base_url=gateway.url("us"), api_key="any-key")
    for model, streamed in [("gpt-4.1", True), (MODEL, None)]:
        stream = client.chat.completions.create(model=model, messages=HELLO, stream=True)
        text = "".join(c.choices[0].delta.content or "" for c in stream if c.choices)
        assert text == SAID
        assert upstream.calls[-1]["body"].get("stream") is streamed
