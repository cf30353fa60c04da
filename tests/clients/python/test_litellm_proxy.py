"""LiteLLM's proxy pointed at us, asked by the documents' snippet and by OpenAI's SDK; and the hook
by which its router asks us for a decision before it picks a deployment."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import openai
import pytest
from gateway import ROOT

SNIPPETS = Path(__file__).parents[1] / "snippets"
HELLO = [{"role": "user", "content": "Hello"}]
SAID = "This is a mock: no model was asked."
# The key of the documents' snippet, which LiteLLM takes only where it is told that nobody minds.
MASTER = "sk-1234"
ENVIRONMENT = {
    "LITELLM_MASTER_KEY": MASTER,
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
}


class Proxy:
    """`litellm --config` as a process of its own."""

    def __init__(self, config, place, **env):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        file = place / "config.yaml"
        file.write_text(config)
        self.url = f"http://127.0.0.1:{self.port}"
        self.out = open(place / "proxy.log", "w+")
        command = Path(sys.executable).parent / "litellm"
        self.process = subprocess.Popen(
            [command, "--config", file, "--host", "127.0.0.1", "--port", str(self.port)],
            env={**os.environ, **ENVIRONMENT, **env},
            cwd=place,
            stdout=self.out,
            stderr=subprocess.STDOUT,
        )
        until = time.monotonic() + 180
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                self.close()
                raise RuntimeError((place / "proxy.log").read_text()[-4000:])
            time.sleep(0.2)

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}/health/liveliness", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def client(self, **more):
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=MASTER, max_retries=0, **more)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.out.close()


@pytest.fixture(scope="module")
def proxy(gateway, tmp_path_factory):
    """The documents' configuration, with an address; and the general provider beside it."""
    config = (SNIPPETS / "litellm_proxy.yaml").read_text()
    key = "      api_key: os.environ/ASSEMBLYAI_API_KEY\n"
    assert config.count(key) == 1
    config = config.replace(key, f"{key}      api_base: {gateway.url('us')}\n")
    for model in ["gpt-4.1", "claude-opus-4-6", "gpt-5-minni", "gpt-5.5"]:
        config += f"""
  - model_name: {model}
    litellm_params: {{model: openai/{model}, api_base: '{gateway.url("us")}', api_key: any-key}}
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
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    answer = proxy.client().chat.completions.create(model=model, messages=HELLO, tools=[tool])
    [call] = answer.choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == ("weather", "{}")


@pytest.mark.parametrize(
    ("model", "body", "code", "kind", "words"),
    [
        ("gpt-5-minni", {}, "model-not-found", openai.APIStatusError, "did you mean `gpt-5-mini`?"),
        ("gpt-5.5", {}, "model-not-yet-available", openai.APIStatusError, "from 2026-04-23"),
        ("gpt-4.1", {"max_tokens": 0}, "max-tokens-out-of-range", openai.BadRequestError, "got 0"),
        ("gpt-4.1", {"temperature": 3}, "temperature-out-of-range", openai.BadRequestError, "got 3"),
    ],
)
def test_a_refusal_keeps_its_words(proxy, gateway, model, body, code, kind, words):
    before = len(gateway.lines())
    with pytest.raises(kind) as caught:
        proxy.client().chat.completions.create(model=model, messages=HELLO, **body)
    assert words in str(caught.value)
    assert caught.value.status_code < 500
    assert [line["code"] for line in gateway.since(before)] == [code]


HOOKED = """
litellm_settings: {{callbacks: litellm_hook.portolan, num_retries: 0, request_timeout: 60}}
model_list:
  - model_name: claude
    litellm_params: {{model: openai/claude-sonnet-4-6, api_base: '{us}', api_key: any-key}}
    model_info: {{portolan: {{endpoint: us}}}}
  - model_name: claude
    litellm_params: {{model: openai/claude-sonnet-4-6, api_base: '{eu}', api_key: any-key}}
    model_info: {{portolan: {{endpoint: eu}}}}
  - model_name: gpt
    litellm_params: {{model: openai/gpt-4.1, api_base: '{us}', api_key: any-key}}
    model_info: {{portolan: {{endpoint: us}}}}
  - model_name: gpt
    litellm_params: {{model: openai/gpt-4.1, api_base: '{eu}', api_key: any-key}}
    model_info: {{portolan: {{endpoint: eu}}}}
  - model_name: gpt-eu
    litellm_params: {{model: openai/gpt-4.1, api_base: '{eu}', api_key: any-key}}
    model_info: {{portolan: {{endpoint: eu}}}}
"""


@pytest.fixture(scope="module")
def hooked(gateway, tmp_path_factory):
    config = HOOKED.format(us=gateway.url("us"), eu=gateway.url("eu"))
    place = tmp_path_factory.mktemp("hooked")
    # LiteLLM looks for a callback beside its configuration.
    (place / "litellm_hook.py").write_text((ROOT / "examples" / "litellm_hook.py").read_text())
    running = Proxy(config, place, PORTOLAN_URL=gateway.urls["us"])
    yield running
    running.close()


def served(gateway, hooked, model, calls, **body):
    """Through which endpoints so many calls went."""
    before = len(gateway.lines())
    for _ in range(calls):
        answer = hooked.client().chat.completions.create(model=model, messages=HELLO, **body)
        assert answer.choices[0].message.content == SAID
    lines = gateway.since(before, 2 * calls)
    assert [line["path"] for line in lines].count("/v1/decide") == calls
    return {a["endpoint"] for line in lines for a in line.get("attempts", [])}


def test_the_hook_drops_deployments_that_are_not_in_the_decision(gateway, hooked):
    assert served(gateway, hooked, "gpt", 8) == {"us"}


def test_the_hook_leaves_what_may_be_called_to_the_router(gateway, hooked):
    assert served(gateway, hooked, "claude", 12) <= {"us", "eu"}
    # What the body asks for counts: the EU endpoint would refuse it.
    assert served(gateway, hooked, "claude", 6, extra_body={"model_region": "global"}) == {"us"}


def test_where_no_deployment_is_left_the_hook_says_why(gateway, hooked):
    before = len(gateway.lines())
    with pytest.raises(openai.APIStatusError) as caught:
        hooked.client().chat.completions.create(model="gpt-eu", messages=HELLO)
    assert caught.value.status_code == 400
    assert "model-not-in-region: `gpt-4.1` is not offered in region `eu`" in str(caught.value)
    assert [line["path"] for line in gateway.since(before)] == ["/v1/decide"]


def test_without_a_decision_nothing_is_called(gateway, tmp_path):
    config = HOOKED.format(us=gateway.url("us"), eu=gateway.url("eu"))
    (tmp_path / "litellm_hook.py").write_text((ROOT / "examples" / "litellm_hook.py").read_text())
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        proxy = Proxy(config, tmp_path, PORTOLAN_URL=url)
        try:
            before = len(gateway.lines())
            with pytest.raises(openai.APIStatusError) as caught:
                proxy.client().chat.completions.create(model="gpt", messages=HELLO)
            assert "portolan gave no decision" in str(caught.value)
            assert len(gateway.lines()) == before
        finally:
            proxy.close()
