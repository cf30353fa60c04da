"""AssemblyAI's SDK: its client for the service that our policy describes. It reads the errors that
the service sends today, so the listeners speak `assemblyai-current`."""

import assemblyai as aai
import pytest
from cases import CASES, KEY, Gateways, body, headers, unasked

HELLO = [{"role": "user", "content": "Hello"}]
SAID = "This is a mock: no model was asked."
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
MODELS = ["gpt-4.1", "claude-sonnet-4-6"]


@pytest.fixture(scope="module")
def gateways(tmp_path_factory):
    gateways = Gateways(tmp_path_factory.mktemp("gateways"), dialect="assemblyai-current")
    yield gateways
    gateways.close()


@pytest.fixture(scope="module")
def current(gateways):
    return gateways.named("plain")


@pytest.fixture
def llm(current):
    return client(current, "us")


def client(gateway, endpoint, key="any-key", **headers):
    """Headers of one's own go into the client below: the calls take none."""
    settings = aai.Settings(api_key=key, llm_gateway_base_url=gateway.urls[endpoint])
    made = aai.Client(settings=settings, api_key_required=False)
    made.http_client.headers.update(headers)
    return aai.LLMGateway(client=made)


@pytest.mark.parametrize("model", MODELS)
def test_a_call_is_answered(llm, current, model):
    before = len(current.lines())
    answer = llm.chat.completions.create(model=model, messages=HELLO)
    assert answer.choices[0].message.content == SAID
    assert answer.usage.input_tokens == answer.usage.prompt_tokens > 0
    [line] = current.since(before)
    assert answer.request_id == line["upstream_request_id"]
    assert "bearer-prefix" not in line.get("warnings", []), "it sends the bare key"


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_is_a_stream_whatever_the_model_does(llm, model):
    chunks = list(llm.chat.completions.create(model=model, messages=HELLO, stream=True))
    told = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(told) == SAID


@pytest.mark.parametrize("model", MODELS)
def test_a_tool_is_called(llm, model):
    asked = {"model": model, "messages": HELLO, "tools": [WEATHER]}
    [call] = llm.chat.completions.create(**asked).choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == ("weather", "{}")
    chunks = llm.chat.completions.create(**asked, stream=True)
    calls = [c for chunk in chunks for o in chunk.choices for c in o.delta.tool_calls or []]
    assert "".join(call.function.arguments or "" for call in calls) == "{}"


def test_models_are_those_that_can_be_called_here(current, llm):
    us = {model.id: model for model in llm.models.list().data}
    eu = {model.id for model in client(current, "eu").models.list().data}
    assert "gpt-4.1" in us and "gpt-4.1" not in eu
    sonnet = us["claude-sonnet-4-6"]
    assert sonnet.available_regions == ["us", "global"]
    assert (sonnet.pricing.global_.prompt, sonnet.pricing.us.prompt) == (3.0, 3.0)
    assert us["gpt-4.1"].available_regions == ["us"]
    assert us["gpt-4.1"].pricing.global_.prompt == 2.0, "the list price, not an offer"


@pytest.mark.parametrize("script", ["503", "429", "connect"])
def test_fallbacks_are_followed(current, script):
    before = len(current.lines())
    scripted = client(current, "us", **{"x-portolan-mock": script})
    answer = scripted.chat.completions.create(
        model="claude-opus-4-6", messages=HELLO, fallbacks=[{"model": "gpt-5-mini"}]
    )
    assert answer.choices[0].message.content == SAID
    assert answer.request["model"] == "gpt-5-mini"
    [line] = current.since(before)
    assert [(a["model"], a["outcome"]) for a in line["attempts"]] == [
        ("claude-opus-4-6", script),
        ("gpt-5-mini", "answered"),
    ]


def test_what_fails_once_is_tried_again_by_us(current):
    before = len(current.lines())
    scripted = client(current, "us", **{"x-portolan-mock": "503"})
    answer = scripted.chat.completions.create(model=MODELS[1], messages=HELLO)
    assert answer.choices[0].message.content == SAID
    [line] = current.since(before)
    assert [attempt["outcome"] for attempt in line["attempts"]] == ["503", "answered"]


def test_what_fails_twice_is_told(current):
    before = len(current.lines())
    scripted = client(current, "us", **{"x-portolan-mock": "503,503"})
    with pytest.raises(aai.LLMGatewayError) as caught:
        list(scripted.chat.completions.create(model=MODELS[1], messages=HELLO, stream=True))
    assert caught.value.status_code == 503
    [line] = current.since(before)
    assert [attempt["outcome"] for attempt in line["attempts"]] == ["503", "503"]


def test_a_fallback_may_not_leave_the_union(current):
    llm = client(current, "eu")
    with pytest.raises(aai.LLMGatewayError) as caught:
        llm.chat.completions.create(
            model="gpt-5", messages=HELLO, fallbacks=[{"model": "gpt-4.1"}]
        )
    assert caught.value.status_code == 404


# It writes the JSON by itself, of a model and messages, and posts it to one path.
UNSENT = {
    "invalid-json": "what it sends is JSON",
    "missing-field": "a call without a model or messages is a `TypeError` of Python",
    "method-not-allowed": "it posts where a post is taken, and gets where a get is",
    "wrong-envelope": "it has no call that asks for a decision",
    "upgrade-required": "its client for models has no path for a WebSocket",
}


def spoken(case):
    """Whether this client can be made to send it."""
    shaped = {"path", "method", "url"} & case.keys()
    return not shaped and {"model", "messages"} <= body(case).keys()


ASKED = [case for case in CASES if spoken(case)]


def test_every_code_is_asked_or_cannot_be():
    # Of a path that is not there it has one, and a test of its own below.
    assert unasked(ASKED) == UNSENT.keys() | {"no-such-path"}


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case["why"])
def test_it_is_refused(gateways, case):
    gateway = gateways.named(case.get("serve", "plain"))
    key = case.get("headers", {}).get("authorization", KEY)
    key = None if "authorization" in case.get("drop", []) else key
    llm = client(gateway, case.get("endpoint", "us"), key, **headers(case))
    llm.client.http_client.params = case.get("query", {})
    before = len(gateway.lines())
    with pytest.raises(aai.LLMGatewayError) as caught:
        llm.chat.completions.create(**body(case))
    error = caught.value
    assert error.status_code == case["status"]
    # What to do stands beside the message in this dialect.
    assert "; ".join([str(error), *error.errors]) == case["message"]
    [line] = gateway.since(before)
    assert (line["code"], len(line.get("attempts", []))) == (case["code"], case.get("tries", 0))
    ours = line["request_id"]
    assert error.request_id in {ours, line.get("upstream_request_id", ours)}


def test_speech_understanding_is_no_path(current, llm):
    # It runs models that no rule would see.
    before = len(current.lines())
    with pytest.raises(aai.LLMGatewayError) as caught:
        llm.understanding.create(transcript_id="any", request={"translation": {}})
    assert caught.value.status_code == 404
    assert str(caught.value) == "there is no path `/v1/understanding`"
    assert [line["code"] for line in current.since(before)] == ["no-such-path"]
