"""OpenAI's Python SDK: answers, streams, tools, lists. Refusals and retries have files of their own."""

import asyncio
import json
import os
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from gateway import Gateway

HELLO = [{"role": "user", "content": "Hello"}]
SAID = "This is a mock: no model was asked."
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather somewhere",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
# One that streams, and one that answers in one piece whatever it is asked.
MODELS = ["gpt-4.1", "claude-sonnet-4-6"]


@pytest.fixture(scope="module")
def client(gateway):
    return openai.OpenAI(base_url=gateway.url("us"), api_key="any-key")


@pytest.mark.parametrize("model", MODELS)
def test_a_call_is_answered(client, model):
    answer = client.chat.completions.create(model=model, messages=HELLO)
    assert answer.choices[0].message.content == SAID
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer._request_id


@pytest.mark.parametrize("model", MODELS)
def test_the_headers_say_who_answered(client, model):
    raw = client.chat.completions.with_raw_response.create(model=model, messages=HELLO)
    assert raw.headers["x-portolan-model"] == model
    assert raw.headers["x-portolan-region"] == "us"
    assert raw.headers["x-portolan-mock"] == "1"
    assert raw.headers["x-portolan-request-id"] != raw.headers["x-request-id"]
    assert raw.headers["x-request-id"] == raw.parse()._request_id
    assert raw.headers["x-ratelimit-limit"] == "30"
    assert int(raw.headers["x-ratelimit-remaining"]) < 30
    assert raw.headers["x-portolan-warnings"] == "bearer-prefix"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("counted", [True, False])
def test_a_stream_is_a_stream_whatever_the_model_does(client, model, counted):
    options = {"stream_options": {"include_usage": True}} if counted else {}
    text, ended, usage = "", [], []
    for chunk in client.chat.completions.create(
        model=model, messages=HELLO, stream=True, **options
    ):
        usage += [chunk.usage] if chunk.usage else []
        for choice in chunk.choices:
            text += choice.delta.content or ""
            ended += [choice.finish_reason] if choice.finish_reason else []
    assert text == SAID
    assert ended == ["stop"]
    assert len(usage) == (1 if counted else 0)


@pytest.mark.parametrize("model", MODELS)
def test_the_helper_for_streams_gathers_the_same(client, model):
    with client.chat.completions.stream(model=model, messages=HELLO) as stream:
        kinds = {event.type for event in stream}
        assert "content.delta" in kinds
        assert stream.get_final_completion().choices[0].message.content == SAID


@pytest.mark.parametrize("model", MODELS)
def test_a_tool_is_called_and_its_answer_taken(client, model):
    asked = {"model": model, "tools": [WEATHER]}
    answer = client.chat.completions.create(messages=HELLO, **asked)
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls"
    assert message.content is None
    assert [(c.function.name, c.function.arguments) for c in message.tool_calls] == [
        ("weather", "{}")
    ]
    told = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "rain"}
    answer = client.chat.completions.create(messages=[*HELLO, message, told], **asked)
    assert answer.choices[0].message.content == SAID


@pytest.mark.parametrize("model", MODELS)
def test_a_tool_is_called_in_a_stream(client, model):
    name, arguments, ended = "", "", []
    for chunk in client.chat.completions.create(
        model=model, messages=HELLO, tools=[WEATHER], stream=True
    ):
        for choice in chunk.choices:
            for call in choice.delta.tool_calls or []:
                assert call.index == 0
                name += call.function.name or ""
                arguments += call.function.arguments or ""
            ended += [choice.finish_reason] if choice.finish_reason else []
    assert (name, arguments, ended) == ("weather", "{}", ["tool_calls"])


def test_a_stream_for_a_model_that_has_none_says_so(client):
    raw = client.chat.completions.with_raw_response.create(
        model="claude-sonnet-4-6", messages=HELLO, stream=True
    )
    assert "stream-ignored" in raw.headers["x-portolan-warnings"].split(", ")
    assert raw.headers["content-type"] == "text/event-stream"


def test_models_are_those_that_can_be_called_here(client, gateway):
    us = {model.id for model in client.models.list()}
    eu = openai.OpenAI(base_url=gateway.url("eu"), api_key="any-key").models.list()
    eu = {model.id for model in eu}
    assert "gpt-4.1" in us and "gpt-4.1" not in eu
    assert "claude-sonnet-4-6" in us & eu
    assert "gpt-5.5" not in us, "not released on that day"
    listed = {model.id: model for model in client.models.list()}["claude-sonnet-4-6"]
    assert (listed.object, listed.owned_by) == ("model", "anthropic")


def test_global_routing_is_asked_for_in_the_body(client):
    raw = client.chat.completions.with_raw_response.create(
        model="claude-sonnet-4-6", messages=HELLO, extra_body={"model_region": "global"}
    )
    assert raw.headers["x-portolan-region"] == "global"


@pytest.mark.parametrize("script", ["503", "500", "429", "connect"])
def test_a_fallback_answers_where_the_first_does_not(client, gateway, script):
    before = len(gateway.lines())
    raw = client.chat.completions.with_raw_response.create(
        model="claude-opus-4-6",
        messages=HELLO,
        extra_body={"fallbacks": [{"model": "gpt-5-mini"}]},
        extra_headers={"x-portolan-mock": script},
    )
    assert raw.headers["x-portolan-model"] == "gpt-5-mini"
    line = gateway.since(before)[0]
    assert [(a["model"], a["outcome"]) for a in line["attempts"]] == [
        ("claude-opus-4-6", script),
        ("gpt-5-mini", "answered"),
    ]


def test_a_fallback_that_may_not_be_called_is_dropped_and_said(gateway):
    client = openai.OpenAI(base_url=gateway.url("eu"), api_key="any-key", max_retries=0)
    raw = client.chat.completions.with_raw_response.create(
        model="claude-sonnet-4-6",
        messages=HELLO,
        extra_body={"fallbacks": [{"model": "gpt-5"}]},
    )
    assert raw.headers["x-portolan-model"] == "claude-sonnet-4-6"
    assert "fallback-dropped" in raw.headers["x-portolan-warnings"]


def test_the_asynchronous_client_streams_too(gateway):
    async def text():
        async with openai.AsyncOpenAI(base_url=gateway.url("us"), api_key="any-key") as client:
            stream = await client.chat.completions.create(
                model="gpt-4.1", messages=HELLO, stream=True
            )
            return "".join([c.choices[0].delta.content or "" async for c in stream])

    assert asyncio.run(text()) == SAID


@pytest.mark.parametrize("model", MODELS)
def test_an_answer_that_breaks_off(client, gateway, model):
    """In a stream the SDK raises what the last event says; before it, the call fails as a whole."""
    before = len(gateway.lines())
    with pytest.raises(openai.APIError) as caught:
        stream = client.chat.completions.create(
            model=model,
            messages=HELLO,
            stream=True,
            extra_headers={"x-portolan-mock": "truncated"},
            timeout=60,
        )
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
        raise AssertionError(text)
    if model == "gpt-4.1":
        assert caught.value.code == "stream-broken"
        assert caught.value.message.startswith("the answer of `gpt-4.1` broke off")
        [line] = gateway.since(before)
        assert (line["outcome"], line["status"]) == ("broke-off", 200)
    else:
        assert type(caught.value) is openai.InternalServerError
        assert caught.value.code == "upstream-unreachable"


def test_a_stream_that_is_left_ends_the_call_upstream(client, gateway):
    before = len(gateway.lines())
    with client.chat.completions.create(model="gpt-4.1", messages=HELLO, stream=True) as stream:
        next(iter(stream))
    [line] = gateway.since(before)
    assert line["outcome"] == "cancelled"


def test_the_decision_is_asked_for_through_the_same_client(client):
    envelope = {"endpoint": "eu", "body": {"model": "gpt-5", "messages": HELLO}}
    decision = client.post("/decide", cast_to=object, body=envelope)
    assert (decision["outcome"], decision["code"]) == ("refuse", "model-not-in-region")
    decisions = client.post("/decide", cast_to=object, body=[envelope, envelope])
    assert [decision["status"] for decision in decisions] == [404, 404]


def test_a_limit_is_spilled_to_a_fallback_and_refused_without():
    """30 calls a minute of the paid account, counted together however they come."""
    with Gateway() as gateway:
        client = openai.OpenAI(base_url=gateway.url("us"), api_key="any-key", max_retries=0)

        def ask(_=None, **more):
            raw = client.chat.completions.with_raw_response.create(
                model="claude-opus-4-6", messages=HELLO, **more
            )
            return raw.headers

        with ThreadPoolExecutor(10) as pool:
            left = sorted(int(h["x-ratelimit-remaining"]) for h in pool.map(ask, range(30)))
        assert left == list(range(30))
        with pytest.raises(openai.RateLimitError) as caught:
            ask()
        assert caught.value.code == "rate-limited"
        assert "has used its 30 requests of this minute" in caught.value.message
        assert 0 < int(caught.value.response.headers["retry-after"]) <= 60
        spilled = ask(extra_body={"fallbacks": [{"model": "gpt-5.2"}]})
        assert spilled["x-portolan-model"] == "gpt-5.2"


def test_a_dry_run_answers_with_the_decision_and_calls_nobody():
    with Gateway("--dry-run") as gateway:
        client = openai.OpenAI(base_url=gateway.url("us"), api_key="any-key")
        raw = client.chat.completions.with_raw_response.create(
            model="claude-sonnet-4-6", messages=HELLO
        )
        assert raw.headers["x-portolan-dry-run"] == "1"
        assert '"outcome":"route"' in raw.text.replace(" ", "")
        assert "attempts" not in gateway.lines(1)[0]


def test_the_id_that_the_sdk_tells_finds_the_call_for_a_support_team(client, gateway):
    before = len(gateway.lines())
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(
            model="claude-opus-4-6", messages=HELLO, extra_headers={"x-portolan-mock": "500,503"}
        )
    gateway.since(before)
    command = [os.environ["PORTOLAN"], "support", caught.value.request_id, "--log", gateway.log]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.startswith(f"request_id: {caught.value.request_id}\n")
    for line in ["model: claude-opus-4-6", "region: us", '"message":"the mock was told to refuse"']:
        assert line in told, told


def test_observing_refuses_nothing_and_reports_what_it_would_have():
    with Gateway("--observe") as gateway:
        client = openai.OpenAI(base_url=gateway.url("eu"), api_key="any-key")
        answer = client.chat.completions.create(model="gpt-4.1", messages=HELLO)
        assert answer.choices[0].message.content == SAID
        chunks = client.chat.completions.create(model="gpt-4.1", messages=HELLO, stream=True)
        assert "".join(c.choices[0].delta.content or "" for c in chunks) == SAID
        gateway.lines(2)
        with urllib.request.urlopen(f"{gateway.admin}/report", timeout=60) as report:
            report = json.load(report)
        assert report["calls"] == {"refuse": 2, "reroute": 0, "edit": 0, "same": 0}
        assert report["by"][0]["code"] == "model-not-in-region"
