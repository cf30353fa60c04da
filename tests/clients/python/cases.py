"""The table of refusals, and gateways by the names that stand in it. Node reads the same table."""

import hashlib
import json
import shutil
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from gateway import POLICY, ROOT, Gateway

CASES = json.loads((Path(__file__).parents[1] / "refusals.json").read_text())

HELLO = {"model": "claude-sonnet-4-6", "messages": [{"role": "user", "content": "Hello"}]}

# A key that may call through the EU endpoint, and one that may spend next to nothing.
KEY = "sk-ours"
POOR = "sk-poor"
TENANTS = """
table tenants (home: place)
  row everybody: world
attribute tenant: key of tenants = everybody
"""
PLAIN = """
gateway: 1
listeners:
  - {address: '127.0.0.1:0', endpoint: us}
  - {address: '127.0.0.1:0', endpoint: eu}
"""
KEYED = f"""
gateway: 1
listeners:
  - {{address: '127.0.0.1:0', endpoint: us}}
  - {{address: '127.0.0.1:0', endpoint: eu}}
keys:
  attribute: tenant
  rows:
    - sha256: {hashlib.sha256(KEY.encode()).hexdigest()}
      row: everybody
      upstreams: {{eu: env:OURS}}
    - sha256: {hashlib.sha256(POOR.encode()).hexdigest()}
      row: everybody
      upstreams: {{us: env:OURS, eu: env:OURS}}
      budget: {{usd: 0.001, window_s: 3_600}}
"""
# For one case alone: a body that is not read costs its connection, and clients keep theirs for the next.
SMALL = """
gateway: 1
listeners:
  - {address: '127.0.0.1:0', endpoint: us}
bounds: {body_bytes: 4000}
"""
# Transcripts are put in and JSON is mended by the gateway, where the endpoint does not do that itself.
EXECUTES = "executes: [retry, fallbacks, json-repair, transcript]"
UNFED = ("catalog.yaml", EXECUTES, "executes: [retry, fallbacks]")
FED = """
gateway: 1
listeners:
  - {address: '127.0.0.1:0', endpoint: us}
pass_through:
  assemblyai:
    endpoint: us
    hosts:
      - {url: https://api.assemblyai.com, place: US, json: [GET /v2/transcript/*]}
      - {url: https://streaming.us.assemblyai.com, place: US, sockets: [GET /v3/ws]}
"""
# One call a minute: a rule that asks how many there were says no, and where none asks the gateway.
USED = ("policy.portolan", "model.used >= 30", "model.used >= 1")
BLIND = ("policy.portolan", "model.used >= 30", "model.used >= 1_000_000")
ONE = ("policy.portolan", "limit 30 requests", "limit 1 requests")
HOSTS = """
gateway: 1
listeners:
  - {address: '127.0.0.1:0', hosts: {us.llm.test: us, 127.0.0.1: us}}
"""


def spend(gateway):
    """Makes the one call of a minute, where it is not made yet."""
    headers = {"content-type": "application/json", "authorization": KEY}
    url = gateway.url() + "/chat/completions"
    try:
        urlopen(Request(url, json.dumps(HELLO).encode(), headers)).close()
    except HTTPError as error:
        assert error.code == 429


def body(case):
    """The body of a case as an object, as clients are given it that write the JSON themselves: with one
    long message more where the case is about length. What is refused for its headers has any."""
    try:
        told = case["body"] if "body" in case else json.loads(case.get("raw", ""))
    except ValueError:
        told = HELLO if "headers" in case else {}
    if "padding" in case:
        long = {"role": "user", "content": "x" * case["padding"]}
        told = {**told, "messages": [*told["messages"], long]}
    return dict(told)


def headers(case):
    """The headers of a case, but for the one of the key."""
    told = {name: value for name, value in case.get("headers", {}).items() if name != "authorization"}
    return told | ({"x-portolan-mock": case["script"]} if "script" in case else {})


def spelled(case):
    """The same, the key's too, as clients spell names: their own headers give way to those alone."""
    key = case.get("headers", {}).get("authorization", f"Bearer {KEY}")
    own = {name.title(): value for name, value in headers(case).items()}
    return {**own, "Authorization": key}


# Codes for which a client cannot be made to ask that posts a body of JSON, at one path.
ONE_PATH = {
    "invalid-json": "what it sends is JSON",
    "no-such-path": "it posts to one path",
    "method-not-allowed": "it posts",
    "wrong-envelope": "it has no call that asks for a decision",
    "upgrade-required": "it has no path for a WebSocket",
}


def at_one_path(case):
    """Whether such a client can be made to send a case, as far as its path and its body go."""
    shaped = {"path", "method", "url"} & case.keys()
    return not shaped and {"model", "messages"} <= body(case).keys()


def unasked(asked):
    """Codes of the table of which none of these cases is one."""
    return {case["code"] for case in CASES} - {case["code"] for case in asked}


class Gateways:
    """Each is started when it is first asked for. All their listeners speak one dialect."""

    def __init__(self, place, dialect="openai"):
        self.place, self.dialect, self.running = Path(place), dialect, {}

    def named(self, name):
        if name not in self.running:
            self.running[name] = self.started(name)
        # A minute may be over since it was started.
        if name in {"used", "spent"}:
            spend(self.running[name])
        return self.running[name]

    def started(self, name):
        match name:
            case "plain":
                return self.start(name)
            case "free":
                return self.start(name, "--set", "account=free")
            case "keepless":
                return self.start(name, "--set", "zero_retention=true")
            case "later":
                return self.start(name, day="2026-08-01")
            case "hasty":
                policy = self.policy(("policy.portolan", "total 600s", "total 1s"))
                return self.start(name, policy=policy)
            case "small":
                return self.start(name, config=SMALL)
            case "hosts":
                return self.start(name, config=HOSTS)
            case "keyed":
                line = "attribute zero_retention"
                policy = self.policy(("policy.portolan", line, f"{TENANTS}\n{line}"))
                return self.start(name, config=KEYED, policy=policy)
            case "fed":
                return self.start(name, config=FED, policy=self.policy(UNFED))
            case "unfed":
                return self.start(name, policy=self.policy(UNFED))
            case "used" | "spent":
                policy = self.policy(USED if name == "used" else BLIND, ONE)
                return self.start(name, policy=policy)
        raise LookupError(name)

    def start(self, name, *arguments, config=PLAIN, **more):
        file = self.place / f"{name}.yaml"
        listener = "{address: '127.0.0.1:0', "
        file.write_text(config.replace(listener, f"{listener}dialect: {self.dialect}, "))
        return Gateway("--config", file, *arguments, listen=(), **more)

    def policy(self, *changes):
        """The shipped policy with other texts in the place of some, each wherever it stands."""
        copy = self.place / f"policy-{len(list(self.place.iterdir()))}"
        shutil.copytree(ROOT / POLICY, copy, ignore=shutil.ignore_patterns("tests", "overlays"))
        for name, old, new in changes:
            file = copy / name
            text = file.read_text()
            assert old in text, f"`{old}` is not in {name}"
            file.write_text(text.replace(old, new))
        return copy

    def close(self):
        for gateway in self.running.values():
            gateway.close()
