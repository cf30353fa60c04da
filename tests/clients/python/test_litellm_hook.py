"""The hook by which the router of LiteLLM's proxy asks us for a decision before it picks a deployment."""

import socket

import openai
import pytest
from gateway import ROOT
from proxy import Proxy, came

HELLO = [{"role": "user", "content": "Hello"}]
SAID = "This is a mock: no model was asked."
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
    lines = came(gateway, before)
    assert (len(lines), [line["path"] for line in lines].count("/v1/decide")) == (2 * calls, calls)
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
    assert [line["path"] for line in came(gateway, before)] == ["/v1/decide"]


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
            assert came(gateway, before) == []
        finally:
            proxy.close()
