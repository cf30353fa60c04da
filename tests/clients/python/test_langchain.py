"""LangChain's OpenAI chat model. It says `max_completion_tokens`, never `max_tokens`."""

import asyncio

import openai
import pytest
from cases import CASES, KEY, ONE_PATH, Gateways, at_one_path, body, spelled, unasked
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

SAID = "This is a mock: no model was asked."
MODELS = ["gpt-4.1", "claude-sonnet-4-6"]


@tool
def weather() -> str:
    """The weather here"""
    return "rain"


@pytest.fixture(scope="module")
def gateways(tmp_path_factory):
    gateways = Gateways(tmp_path_factory.mktemp("gateways"))
    yield gateways
    gateways.close()


def chat(gateway, model, endpoint="us", **more):
    return ChatOpenAI(model=model, base_url=gateway.url(endpoint), api_key=KEY, **more)


@pytest.mark.parametrize("model", MODELS)
def test_a_call_is_answered(gateway, model):
    answer = chat(gateway, model, max_tokens=100).invoke("Hello")
    assert answer.content == SAID
    assert answer.usage_metadata["total_tokens"] > 0
    assert answer.response_metadata["finish_reason"] == "stop"


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_is_a_stream_whatever_the_model_does(gateway, model):
    chunks = list(chat(gateway, model, stream_usage=True).stream("Hello"))
    assert "".join(chunk.content for chunk in chunks) == SAID
    assert sum(c.usage_metadata["total_tokens"] for c in chunks if c.usage_metadata) > 0


def test_an_asynchronous_stream(gateway):
    async def text():
        return "".join([chunk.content async for chunk in chat(gateway, MODELS[0]).astream("Hello")])

    assert asyncio.run(text()) == SAID


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_a_tool_is_called_and_its_answer_taken(gateway, model, streamed):
    bound = chat(gateway, model, streaming=streamed).bind_tools([weather])
    asked = [HumanMessage("What is the weather?")]
    answer = bound.invoke(asked)
    [call] = answer.tool_calls
    assert (call["name"], call["args"]) == ("weather", {})
    told = ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"])
    assert bound.invoke([*asked, answer, told]).content == SAID


def test_fallbacks_of_the_body_are_ours_to_follow(gateway):
    before = len(gateway.lines())
    body = {"fallbacks": [{"model": "gpt-5-mini"}]}
    script = {"x-portolan-mock": "503"}
    model = chat(gateway, "claude-opus-4-6", extra_body=body, default_headers=script)
    assert model.invoke("Hello").content == SAID
    [line] = gateway.since(before)
    assert [tried["model"] for tried in line["attempts"]] == ["claude-opus-4-6", "gpt-5-mini"]


def test_its_own_fallbacks_are_calls_of_their_own(gateway):
    before = len(gateway.lines())
    first = chat(gateway, "gpt-5", endpoint="eu")
    answer = first.with_fallbacks([chat(gateway, MODELS[1], endpoint="eu")]).invoke("Hello")
    assert answer.content == SAID
    assert [line["status"] for line in gateway.since(before, 2)] == [404, 200]


def test_what_we_tried_twice_is_not_tried_again(gateway):
    before = len(gateway.lines())
    script = {"x-portolan-mock": "503,503"}
    with pytest.raises(openai.InternalServerError):
        chat(gateway, MODELS[1], default_headers=script, max_retries=3).invoke("Hello")
    [line] = gateway.since(before)
    assert len(line["attempts"]) == 2


def test_a_limit_on_tokens_is_judged_by_either_name(gateway):
    with pytest.raises(openai.BadRequestError) as caught:
        chat(gateway, MODELS[1], max_tokens=200_000).invoke("Hello")
    assert caught.value.code == "max-tokens-out-of-range"


CLASSES = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    429: openai.RateLimitError,
}


# It has a key and a body of JSON, and posts it to one path.
UNSENT = ONE_PATH | {
    "missing-api-key": "without a key it is not made",
    "missing-field": "it writes a model and messages, and what it is told beside them takes nothing away",
}


def spoken(case):
    """Whether LangChain can be made to send it. `default_headers` takes texts, so none can be left out."""
    return at_one_path(case) and ("drop" not in case or "query" in case)


ASKED = [case for case in CASES if spoken(case)]


def test_every_code_is_asked_or_cannot_be():
    assert unasked(ASKED) == UNSENT.keys()


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case["why"])
def test_it_is_refused(gateways, case):
    gateway = gateways.named(case.get("serve", "plain"))
    told = body(case)
    own = spelled(case)
    if "drop" in case:
        own["Authorization"] = ""
    asked = chat(
        gateway,
        told.pop("model"),
        endpoint=case.get("endpoint", "us"),
        # Messages that are none it would not write by itself.
        extra_body=told,
        default_headers=own,
        default_query=case.get("query"),
        max_retries=0,
    )
    before = len(gateway.lines())
    with pytest.raises(openai.APIStatusError) as caught:
        asked.invoke("Hello")
    error = caught.value
    general = openai.InternalServerError if case["status"] >= 500 else openai.APIStatusError
    # LangChain has classes of its own below some of these.
    assert isinstance(error, CLASSES.get(case["status"], general))
    assert (error.status_code, error.code) == (case["status"], case["code"])
    assert error.param == case.get("param")
    assert case["message"] in error.message
    [line] = gateway.since(before)
    assert (line["code"], len(line.get("attempts", []))) == (case["code"], case.get("tries", 0))
