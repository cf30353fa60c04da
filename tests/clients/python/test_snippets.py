"""The snippets of the service's documents, with our address in the place of its host; and `requests`
as they use it, for what none of them asks."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from cases import CASES, KEY, Gateways, body, headers

SNIPPETS = Path(__file__).parents[1] / "snippets"
HOST = "https://llm-gateway.assemblyai.com"
SAID = "This is a mock: no model was asked.\n"
HELLO = [{"role": "user", "content": "Hello"}]
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
# One that streams, and one that answers in one piece whatever it is asked.
MODELS = ["gpt-4.1", "claude-sonnet-4-6"]


def ran(file, gateway, endpoint, tmp_path, model=None):
    """What a snippet prints, also with another model."""
    text = (SNIPPETS / file).read_text()
    assert text.count(HOST) == 1
    if model:
        assert '"claude-sonnet-4-6"' in text
        text = text.replace("claude-sonnet-4-6", model)
    placed = tmp_path / "snippet.py"
    placed.write_text(text.replace(HOST, gateway.urls[endpoint]))
    run = subprocess.run([sys.executable, placed], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("endpoint", ["us", "eu"])
@pytest.mark.parametrize("file", ["quickstart.py", "regions.py", "overview.py"])
def test_it_prints_an_answer(gateway, tmp_path, file, endpoint):
    assert ran(file, gateway, endpoint, tmp_path) == SAID
    assert gateway.lines()[-1]["attempts"][0]["endpoint"] == endpoint


def test_global_routing_is_used_where_it_is_asked_for(gateway, tmp_path):
    assert ran("global_routing.py", gateway, "us", tmp_path) == SAID
    assert gateway.lines()[-1]["attempts"][0]["region"] == "global"


def test_what_is_to_be_logged_is_there(gateway, tmp_path):
    before = len(gateway.lines())
    entry = ast.literal_eval(ran("what_to_log.py", gateway, "us", tmp_path))
    assert (entry["status_code"], entry["error"]) == (200, None)
    [line] = gateway.since(before)
    assert entry["request_id"] == line["upstream_request_id"]


def test_what_is_to_be_logged_of_a_refusal_is_there_too(gateway, tmp_path):
    before = len(gateway.lines())
    entry = ast.literal_eval(ran("what_to_log.py", gateway, "us", tmp_path, model="gpt-5-minni"))
    [line] = gateway.since(before)
    assert (entry["status_code"], entry["request_id"]) == (404, line["request_id"])
    assert entry["error"]["code"] == "model-not-found"
    assert entry["error"]["message"] == "no model `gpt-5-minni`; did you mean `gpt-5-mini`?"


def posted(gateway, script="ok", stream=False, **more):
    """A call as the snippets make it."""
    return requests.post(
        f"{gateway.urls['us']}/v1/chat/completions",
        headers={"authorization": "<YOUR_API_KEY>", "x-portolan-mock": script},
        json={"messages": HELLO, "max_tokens": 1000, "stream": stream, **more},
        stream=stream,
        timeout=60,
    )


def choices(response):
    """The choices of the events of a stream, which ends as such a stream does."""
    assert response.headers["content-type"] == "text/event-stream"
    lines = [line.decode().removeprefix("data: ") for line in response.iter_lines() if line]
    *events, last = lines
    assert last == "[DONE]"
    return [choice for event in events for choice in json.loads(event)["choices"]]


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_is_a_stream_whatever_the_model_does(gateway, model):
    told = choices(posted(gateway, model=model, stream=True))
    assert "".join(choice["delta"].get("content") or "" for choice in told) == SAID.strip()
    assert told[-1]["finish_reason"] == "stop"


@pytest.mark.parametrize("model", MODELS)
def test_a_tool_is_called(gateway, model):
    asked = {"model": model, "tools": [WEATHER]}
    [choice] = posted(gateway, **asked).json()["choices"]
    [call] = choice["message"]["tool_calls"]
    assert (call["function"]["name"], call["function"]["arguments"]) == ("weather", "{}")
    told = choices(posted(gateway, stream=True, **asked))
    calls = [c["function"] for choice in told for c in choice["delta"].get("tool_calls") or []]
    assert "".join(call.get("name") or "" for call in calls) == "weather"
    assert "".join(call.get("arguments") or "" for call in calls) == "{}"


def test_a_fallback_answers_where_the_first_does_not(gateway):
    before = len(gateway.lines())
    asked = {"model": "claude-opus-4-6", "fallbacks": [{"model": "gpt-5-mini"}]}
    response = posted(gateway, script="503", **asked)
    assert (response.status_code, response.headers["x-portolan-model"]) == (200, "gpt-5-mini")
    [line] = gateway.since(before)
    assert [(a["model"], a["outcome"]) for a in line["attempts"]] == [
        ("claude-opus-4-6", "503"),
        ("gpt-5-mini", "answered"),
    ]


@pytest.mark.parametrize(
    ("script", "status", "outcomes"),
    [("503", 200, ["503", "answered"]), ("503,503", 503, ["503", "503"])],
)
def test_what_fails_is_tried_again_by_us(gateway, script, status, outcomes):
    before = len(gateway.lines())
    assert posted(gateway, script=script, model=MODELS[1]).status_code == status
    [line] = gateway.since(before)
    assert [attempt["outcome"] for attempt in line["attempts"]] == outcomes


@pytest.fixture(scope="module")
def gateways(tmp_path_factory):
    gateways = Gateways(tmp_path_factory.mktemp("gateways"))
    yield gateways
    gateways.close()


# It sends whatever it is told to: every case is asked.
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_it_is_refused(gateways, case):
    gateway = gateways.named(case.get("serve", "plain"))
    own = {"authorization": KEY, **case.get("headers", {}), **headers(case)}
    own = {name: value for name, value in own.items() if name not in case.get("drop", [])}
    told = {"json": body(case)} if "body" in case else {}
    if "raw" in case:
        told = {"data": case["raw"]}
        own = {"content-type": "application/json", **own}
    path = case.get("url", "/v1" + case.get("path", "/chat/completions"))
    before = len(gateway.lines())
    response = requests.request(
        case.get("method", "POST"),
        gateway.urls[case.get("endpoint", "us")] + path,
        headers=own,
        params=case.get("query"),
        timeout=60,
        **told,
    )
    assert response.status_code == case["status"]
    error = response.json()["error"]
    assert (error["code"], error["param"]) == (case["code"], case.get("param"))
    assert error["message"] == case["message"]
    [line] = gateway.since(before)
    assert (line["code"], len(line.get("attempts", []))) == (case["code"], case.get("tries", 0))
