"""The table of refusals, and gateways by the names that stand in it. Node reads the same table."""

import hashlib
import json
import shutil
from pathlib import Path
from urllib.request import Request, urlopen

from gateway import POLICY, ROOT, Gateway

CASES = json.loads((Path(__file__).parents[1] / "refusals.json").read_text())

# A key that may call through the EU endpoint, one that may spend next to nothing, small bounds.
KEY = "sk-ours"
POOR = "sk-poor"
TENANTS = """
table tenants (home: place)
  row everybody: world
attribute tenant: key of tenants = everybody
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
      upstreams: {{eu: env:OURS}}
      budget: {{usd: 0.001, window_s: 3_600}}
bounds: {{body_bytes: 4000}}
"""
# Transcripts are put in by the gateway, where the endpoint does not do that itself.
EXECUTES = "executes: [retry, fallbacks, json-repair, transcript]"
UNFED = ("catalog.yaml", EXECUTES, EXECUTES.replace(", transcript", ""))
FED = """
gateway: 1
listeners:
  - {address: '127.0.0.1:0', endpoint: us}
pass_through:
  assemblyai:
    endpoint: us
    hosts:
      - {url: https://api.assemblyai.com, place: US, json: [GET /v2/transcript/*]}
"""
# One call a minute, and no rule that asks how many there were: the gateway itself has to say no.
BLIND = ("policy.portolan", "model.used >= 30", "model.used >= 1_000_000")
ONE = ("policy.portolan", "limit 30 requests", "limit 1 requests")
HOSTS = """
gateway: 1
listeners:
  - {address: '127.0.0.1:0', hosts: {us.llm.test: us, 127.0.0.1: us}}
"""


def spend(gateway):
    """Makes the one call of a minute."""
    call = {"model": "claude-sonnet-4-6", "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"content-type": "application/json", "authorization": KEY}
    url = gateway.url() + "/chat/completions"
    with urlopen(Request(url, json.dumps(call).encode(), headers)) as answer:
        assert answer.status == 200


class Gateways:
    """Each is started when it is first asked for."""

    def __init__(self, place):
        self.place, self.running = Path(place), {}

    def named(self, name):
        if name not in self.running:
            self.running[name] = self.started(name)
        return self.running[name]

    def started(self, name):
        match name:
            case "plain":
                return Gateway()
            case "free":
                return Gateway("--set", "account=free")
            case "later":
                return Gateway(day="2026-08-01")
            case "hasty":
                return Gateway(policy=self.policy(("policy.portolan", "total 600s", "total 1s")))
            case "hosts":
                return Gateway("--config", self.file(name, HOSTS), listen=())
            case "keyed":
                line = "attribute zero_retention"
                policy = self.policy(("policy.portolan", line, f"{TENANTS}\n{line}"))
                return Gateway("--config", self.file(name, KEYED), policy=policy, listen=())
            case "fed":
                config = self.file(name, FED)
                return Gateway("--config", config, policy=self.policy(UNFED), listen=())
            case "unfed":
                return Gateway(policy=self.policy(UNFED))
            case "spent":
                gateway = Gateway(policy=self.policy(BLIND, ONE))
                spend(gateway)
                return gateway
        raise LookupError(name)

    def file(self, name, text):
        path = self.place / f"{name}.yaml"
        path.write_text(text)
        return path

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
