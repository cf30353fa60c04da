"""Every refusal of the table, as OpenAI's Python SDK tells it: class, message, code, parameter."""

import re

import openai
import pytest
from cases import CASES, KEY, Gateways, body
from gateway import POLICY, ROOT

CLASSES = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    502: openai.InternalServerError,
    503: openai.InternalServerError,
    504: openai.InternalServerError,
}


@pytest.fixture(scope="module")
def gateways(tmp_path_factory):
    gateways = Gateways(tmp_path_factory.mktemp("gateways"))
    yield gateways
    gateways.close()


# What one request over a whole network does not come to.
ELSEWHERE = {
    "body-incomplete": "half a body: test_networks.py",
    "draining": "a gateway that ends: test_networks.py",
    "stream-broken": "the status is 200 by then: test_openai.py",
    "model-not-offered": "of the models as they are sold, each has a reason that comes before it",
}


def test_the_table_has_every_code():
    policy = (ROOT / POLICY / "policy.portolan").read_text()
    verdicts = r"^(?:on .*)?\b(?:refuse|exclude|skip) (?:chain )?\d{3} (\S+)"
    codes = set(re.findall(verdicts, policy, re.M))
    page = (ROOT / "docs" / "gateway.md").read_text()
    own = page.split("The gateway's own are ")[1].split(". What an upstream refuses")[0]
    codes |= set(re.findall("`([a-z-]+)`", own))
    # These two have their names from the core: a lock without a code, an upstream's own refusal.
    assert codes | {"lock-not-met", "upstream-error"} == {c["code"] for c in CASES} | ELSEWHERE.keys()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_it_is_refused(gateways, case):
    gateway = gateways.named(case.get("serve", "plain"))
    client = openai.OpenAI(
        base_url=gateway.url(case.get("endpoint", "us")), api_key=KEY, max_retries=0
    )
    headers = {name: openai.omit for name in case.get("drop", [])} | case.get("headers", {})
    if "script" in case:
        headers["x-portolan-mock"] = case["script"]
    options = {"headers": headers, "params": case.get("query", {})}
    told = {"body": body(case)} if "body" in case else {}
    told = {"content": case["raw"].encode()} if "raw" in case else told
    path = gateway.urls["us"] + case["url"] if "url" in case else "/chat/completions"
    before = len(gateway.lines())
    with pytest.raises(openai.APIStatusError) as caught:
        method = getattr(client, case.get("method", "POST").lower())
        method(
            case.get("path", path),
            cast_to=object,
            options=options,
            **told,
        )
    error = caught.value
    assert type(error) is CLASSES.get(case["status"], openai.APIStatusError)
    assert (error.status_code, error.code) == (case["status"], case["code"])
    assert error.param == case.get("param")
    assert case["message"] in error.message
    assert error.response.headers["x-portolan-code"] == case["code"]
    line = gateway.since(before)[0]
    assert (line["status"], line["code"]) == (case["status"], case["code"])
    assert len(line.get("attempts", [])) == case.get("tries", 0)
    # A refusal that stays one is not tried again, and what we tried twice is not either.
    final = error.response.headers.get("x-should-retry") == "false"
    assert final == (not case.get("again", False))
    ours = error.response.headers["x-portolan-request-id"]
    assert line["request_id"] == ours
    assert error.request_id == line.get("upstream_request_id", ours)
