"""AssemblyAI's SDK: its client for the service that our policy describes. It reads the errors that
the service sends today, so the listeners speak `assemblyai-current`."""

import assemblyai as aai
import pytest
from cases import CASES
from gateway import Gateway

HELLO = [{"role": "user", "content": "Hello"}]
SAID = "This is a mock: no model was asked."
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
MODELS = ["gpt-4.1", "claude-sonnet-4-6"]
CURRENT = """
gateway: 1
listeners:
  - {address: '127.0.0.1:0', endpoint: us, dialect: assemblyai-current}
  - {address: '127.0.0.1:0', endpoint: eu, dialect: assemblyai-current}
"""


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    config = tmp_path_factory.mktemp("current") / "gateway.yaml"
    config.write_text(CURRENT)
    with Gateway("--config", config, listen=()) as gateway:
        yield gateway


@pytest.fixture
def llm(current):
    return client(current, "us")


def client(gateway, endpoint):
    settings = aai.Settings(api_key="any-key", llm_gateway_base_url=gateway.urls[endpoint])
    return aai.LLMGateway(client=aai.Client(settings=settings))


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


def test_fallbacks_are_followed(llm, current):
    before = len(current.lines())
    answer = llm.chat.completions.create(
        model="gpt-5", messages=HELLO, fallbacks=[{"model": "gpt-5-mini"}], model_region=None
    )
    assert answer.choices[0].message.content == SAID
    assert current.since(before)[0]["status"] == 200


def test_a_fallback_may_not_leave_the_union(current):
    llm = client(current, "eu")
    with pytest.raises(aai.LLMGatewayError) as caught:
        llm.chat.completions.create(
            model="gpt-5", messages=HELLO, fallbacks=[{"model": "gpt-4.1"}]
        )
    assert caught.value.status_code == 404


def spoken(case):
    """Whether this client can be made to send it: it builds the headers itself."""
    shaped = {"raw", "drop", "query", "path", "method", "headers", "script", "serve"} & case.keys()
    return not shaped and "model" in case["body"] and "messages" in case["body"]


@pytest.mark.parametrize("case", filter(spoken, CASES), ids=lambda case: case["why"])
def test_it_is_refused(current, case):
    body = dict(case["body"])
    if "padding" in case:
        long = {"role": "user", "content": "x" * case["padding"]}
        body["messages"] = [*body["messages"], long]
    before = len(current.lines())
    with pytest.raises(aai.LLMGatewayError) as caught:
        client(current, case.get("endpoint", "us")).chat.completions.create(**body)
    error = caught.value
    assert error.status_code == case["status"]
    # What to do stands beside the message in this dialect.
    assert "; ".join([str(error), *error.errors]) == case["message"]
    [line] = current.since(before)
    assert (line["code"], line["request_id"]) == (case["code"], error.request_id)
