"""LiteLLM's proxy pointed at us, asked by the documents' snippet and by OpenAI's SDK. Its hook has a
file of its own."""

import json
import subprocess
import sys
from pathlib import Path

import openai
import pytest
from cases import CASES, KEY, ONE_PATH, Gateways, at_one_path, body, spelled, unasked
from proxy import Proxy, came

SNIPPETS = Path(__file__).parents[1] / "snippets"
HELLO = [{"role": "user", "content": "Hello"}]
SAID = "This is a mock: no model was asked."
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
SCRIPTS = {"fails-once": "503", "fails-twice": "503,503"}


@pytest.fixture(scope="module")
def proxy(gateway, tmp_path_factory):
    """The documents' configuration, with an address; and the general provider beside it."""
    config = (SNIPPETS / "litellm_proxy.yaml").read_text()
    key = "      api_key: os.environ/ASSEMBLYAI_API_KEY\n"
    assert config.count(key) == 1
    config = config.replace(key, f"{key}      api_base: {gateway.url('us')}\n")
    for model in ["gpt-4.1", "claude-opus-4-6"]:
        config += f"""
  - model_name: {model}
    litellm_params: {{model: openai/{model}, api_base: '{gateway.url("us")}', api_key: any-key}}
"""
    # It passes no headers on: what an upstream does is told by the deployment.
    for name, script in SCRIPTS.items():
        config += f"""
  - model_name: {name}
    litellm_params:
      model: openai/claude-opus-4-6
      api_base: '{gateway.url("us")}'
      api_key: any-key
      extra_headers: {{X-Portolan-Mock: '{script}'}}
      max_retries: 3
"""
    config += "\nlitellm_settings: {num_retries: 0, request_timeout: 60}\n"
    running = Proxy(config, tmp_path_factory.mktemp("proxy"), ASSEMBLYAI_API_KEY="any-key")
    yield running
    running.close()


def test_the_snippet_of_the_documents_prints_an_answer(proxy, tmp_path):
    text = (SNIPPETS / "litellm_proxy.py").read_text()
    assert text.count("http://0.0.0.0:4000") == 1
    snippet = tmp_path / "snippet.py"
    snippet.write_text(text.replace("http://0.0.0.0:4000", proxy.url))
    run = subprocess.run([sys.executable, snippet], capture_output=True, text=True, timeout=120)
    assert (run.returncode, run.stdout) == (0, SAID + "\n"), run.stderr


@pytest.mark.parametrize("model", ["assemblyai/claude-sonnet-4-6", "gpt-4.1", "claude-opus-4-6"])
def test_a_call_and_a_stream_are_answered(proxy, model):
    asked = {"model": model, "messages": HELLO}
    answer = proxy.client().chat.completions.create(**asked)
    assert answer.choices[0].message.content == SAID
    chunks = proxy.client().chat.completions.create(**asked, stream=True)
    told = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(told) == SAID


@pytest.mark.parametrize("model", ["gpt-4.1", "claude-opus-4-6"])
def test_a_tool_is_called(proxy, model):
    asked = {"model": model, "messages": HELLO, "tools": [WEATHER]}
    answer = proxy.client().chat.completions.create(**asked)
    [call] = answer.choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == ("weather", "{}")
    with proxy.client().chat.completions.stream(**asked) as stream:
        [choice] = stream.get_final_completion().choices
    [call] = choice.message.tool_calls
    assert (call.function.name, call.function.arguments) == ("weather", "{}")
    assert choice.finish_reason == "tool_calls"


def test_what_fails_once_is_tried_again_by_us_alone(proxy, gateway):
    before = len(gateway.lines())
    answer = proxy.client().chat.completions.create(model="fails-once", messages=HELLO)
    assert answer.choices[0].message.content == SAID
    [line] = came(gateway, before)
    assert [attempt["outcome"] for attempt in line["attempts"]] == ["503", "answered"]


def test_what_we_tried_twice_is_not_tried_again(proxy, gateway):
    before = len(gateway.lines())
    with pytest.raises(openai.InternalServerError) as caught:
        proxy.client().chat.completions.create(model="fails-twice", messages=HELLO)
    assert caught.value.status_code == 503
    [line] = came(gateway, before)
    assert [attempt["outcome"] for attempt in line["attempts"]] == ["503", "503"]


def test_fallbacks_of_the_body_are_ours_to_follow(proxy, gateway):
    before = len(gateway.lines())
    # At the top it takes them for its own, which are other deployments of its list.
    past = {"extra_body": {"fallbacks": [{"model": "gpt-5-mini"}]}}
    answer = proxy.client().chat.completions.create(
        model="fails-once", messages=HELLO, extra_body=past
    )
    assert answer.choices[0].message.content == SAID
    [line] = came(gateway, before)
    assert [(a["model"], a["outcome"]) for a in line["attempts"]] == [
        ("claude-opus-4-6", "503"),
        ("gpt-5-mini", "answered"),
    ]


CLASSES = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    413: openai.APIStatusError,
    415: openai.APIStatusError,
    421: openai.APIStatusError,
    429: openai.RateLimitError,
}
# It asks as its deployments say, with a key and a body of JSON, at one path.
UNSENT = ONE_PATH | {
    "missing-api-key": "without a key it does not ask",
    "missing-field": "it asks for a model by itself, and a call without messages ends at it",
}


def spoken(case):
    """Whether the proxy can be made to send it."""
    return at_one_path(case) and not {"drop", "query"} & case.keys()


ASKED = [case for case in CASES if spoken(case)]


def test_every_code_is_asked_or_cannot_be():
    assert unasked(ASKED) == UNSENT.keys()


@pytest.fixture(scope="module")
def gateways(tmp_path_factory):
    gateways = Gateways(tmp_path_factory.mktemp("gateways"))
    yield gateways
    gateways.close()


@pytest.fixture(scope="module")
def refusing(gateways, tmp_path_factory):
    """A deployment for each case. Its name is a number: with a comma in it there would be several."""
    listed = []
    for number, case in enumerate(ASKED):
        params = {
            "model": f"openai/{body(case)['model']}",
            "api_base": gateways.named(case.get("serve", "plain")).url(case.get("endpoint", "us")),
            "api_key": KEY,
            "extra_headers": spelled(case),
        }
        listed.append({"model_name": f"case-{number}", "litellm_params": params})
    settings = {"num_retries": 0, "request_timeout": 60}
    config = json.dumps({"model_list": listed, "litellm_settings": settings})
    running = Proxy(config, tmp_path_factory.mktemp("refusing"))
    yield running
    running.close()


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case["why"])
def test_a_refusal_keeps_its_words(refusing, gateways, case):
    gateway = gateways.named(case.get("serve", "plain"))
    told = {key: value for key, value in body(case).items() if key != "model"}
    # What it would take for its own, or leave out, or not understand, goes past it.
    own = {"fallbacks", "fallback_config", "tool_choice"} & told.keys()
    past = {key: told.pop(key) for key in own}
    if not isinstance(told["messages"], list):
        past["messages"] = told.pop("messages")
    before = len(gateway.lines())
    with pytest.raises(openai.APIStatusError) as caught:
        refusing.client().chat.completions.create(
            model=f"case-{ASKED.index(case)}",
            messages=told.pop("messages", HELLO),
            extra_body={**told, "extra_body": past},
        )
    error = caught.value
    assert type(error) is CLASSES.get(case["status"], openai.InternalServerError)
    assert error.status_code == case["status"]
    # It quotes what it was told as Python prints it.
    assert case["message"] in str(error).replace("\\'", "'")
    lines = [(line["code"], len(line.get("attempts", []))) for line in came(gateway, before)]
    assert lines == [(case["code"], case.get("tries", 0))]
