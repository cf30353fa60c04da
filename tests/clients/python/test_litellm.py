"""LiteLLM's SDK, by its provider for the service (`assemblyai/*`) and by the general one
(`openai/*`), which differ in what they let through and in what they raise."""

import subprocess
import sys
from pathlib import Path

import litellm
import pytest
from cases import CASES, KEY, ONE_PATH, Gateways, at_one_path, body, spelled, unasked

HELLO = [{"role": "user", "content": "Hello"}]
SAID = "This is a mock: no model was asked."
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}
PROVIDERS = ["assemblyai", "openai"]
MODELS = ["gpt-4.1", "claude-sonnet-4-6"]

CLASSES = {
    400: litellm.BadRequestError,
    401: litellm.AuthenticationError,
    403: litellm.PermissionDeniedError,
    404: litellm.NotFoundError,
    413: litellm.BadRequestError,
    415: litellm.BadRequestError,
    421: litellm.BadRequestError,
    429: litellm.RateLimitError,
    500: litellm.InternalServerError,
    502: litellm.BadGatewayError,
    503: litellm.ServiceUnavailableError,
    504: litellm.Timeout,
}
# The general provider has a class of its own for fewer statuses; `status_code` is right in both.
GENERAL = CLASSES | {403: litellm.APIError, 404: litellm.BadRequestError}


@pytest.fixture(scope="module")
def gateways(tmp_path_factory):
    gateways = Gateways(tmp_path_factory.mktemp("gateways"))
    yield gateways
    gateways.close()


def ask(gateway, provider, model, endpoint="us", **more):
    more.setdefault("messages", HELLO)
    return litellm.completion(
        model=f"{provider}/{model}", api_base=gateway.url(endpoint), api_key=KEY, **more
    )


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("model", MODELS)
def test_a_call_is_answered(gateway, provider, model):
    answer = ask(gateway, provider, model)
    assert answer.choices[0].message.content == SAID
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens > 0


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("model", MODELS)
def test_a_stream_is_a_stream_whatever_the_model_does(gateway, provider, model):
    chunks = list(ask(gateway, provider, model, stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == SAID
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("model", MODELS)
def test_a_tool_is_called(gateway, provider, model, streamed):
    allowed = {"allowed_openai_params": ["tools"]} if provider == "assemblyai" else {}
    answer = ask(gateway, provider, model, tools=[WEATHER], stream=streamed, **allowed)
    if streamed:
        answer = litellm.stream_chunk_builder(list(answer))
    [call] = answer.choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == ("weather", "{}")
    assert answer.choices[0].finish_reason == "tool_calls"


def test_its_provider_for_the_service_holds_tools_back_by_itself(gateway):
    before = len(gateway.lines())
    with pytest.raises(litellm.UnsupportedParamsError):
        ask(gateway, "assemblyai", MODELS[0], tools=[WEATHER])
    assert len(gateway.lines()) == before


@pytest.mark.parametrize("provider", PROVIDERS)
def test_fallbacks_of_the_body_are_ours_to_follow(gateway, provider):
    before = len(gateway.lines())
    answer = ask(
        gateway,
        provider,
        "claude-opus-4-6",
        extra_body={"fallbacks": [{"model": "gpt-5-mini"}]},
        extra_headers={"x-portolan-mock": "503"},
    )
    assert answer.choices[0].message.content == SAID
    [line] = gateway.since(before)
    assert [tried["model"] for tried in line["attempts"]] == ["claude-opus-4-6", "gpt-5-mini"]


def test_its_own_fallbacks_are_calls_of_their_own(gateway):
    before = len(gateway.lines())
    other = {"model": "openai/claude-sonnet-4-6", "api_base": gateway.url("eu"), "api_key": KEY}
    answer = ask(gateway, "openai", "gpt-5", endpoint="eu", fallbacks=[other])
    assert answer.choices[0].message.content == SAID
    lines = gateway.since(before, 2)
    assert [line["status"] for line in lines] == [404, 200]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_we_tried_twice_is_not_tried_again(gateway, provider):
    before = len(gateway.lines())
    with pytest.raises(litellm.ServiceUnavailableError):
        script = {"x-portolan-mock": "503,503"}
        ask(gateway, provider, "claude-opus-4-6", extra_headers=script, max_retries=3)
    [line] = gateway.since(before)
    assert len(line["attempts"]) == 2


# It builds the body and the headers of keys itself, and posts to one path.
UNSENT = ONE_PATH | {
    "missing-api-key": "without a key it does not ask",
    "missing-field": "a call without a model or messages is an error of its own",
}


def spoken(case):
    """Whether LiteLLM can be made to send it."""
    return at_one_path(case) and not {"drop", "query"} & case.keys()


ASKED = [case for case in CASES if spoken(case)]


def test_every_code_is_asked_or_cannot_be():
    assert unasked(ASKED) == UNSENT.keys()


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("case", ASKED, ids=lambda case: case["why"])
def test_it_is_refused(gateways, provider, case):
    gateway = gateways.named(case.get("serve", "plain"))
    told = body(case)
    model, messages = told.pop("model"), told.pop("messages")
    if not isinstance(messages, list):
        # Messages that are none it does not take, but for what goes past it.
        told, messages = {**told, "messages": messages}, HELLO
    before = len(gateway.lines())
    classes = CLASSES if provider == "assemblyai" else GENERAL
    with pytest.raises(classes[case["status"]]) as caught:
        ask(
            gateway,
            provider,
            model,
            endpoint=case.get("endpoint", "us"),
            messages=messages,
            extra_body=told,
            extra_headers=spelled(case),
            max_retries=0,
        )
    assert caught.value.status_code == case["status"]
    # In the provider for the service the words stand in the body that it prints.
    assert case["message"] in str(caught.value).replace("\\'", "'")
    [line] = gateway.since(before)
    assert (line["code"], len(line.get("attempts", []))) == (case["code"], case.get("tries", 0))


def test_the_snippet_of_the_documents_needs_one_argument_more(gateway, tmp_path):
    """It names no host: the provider has the service's own, and takes another only in the call."""
    text = (Path(__file__).parents[1] / "snippets" / "litellm_sdk.py").read_text()
    model = 'model="assemblyai/claude-sonnet-4-5-20250929",\n'
    assert text.count(model) == 1
    snippet = tmp_path / "snippet.py"
    snippet.write_text(text.replace(model, f"{model}    api_base={gateway.url('us')!r},\n"))
    run = subprocess.run([sys.executable, snippet], capture_output=True, text=True, timeout=120)
    assert (run.returncode, run.stdout) == (0, SAID + "\n"), run.stderr
