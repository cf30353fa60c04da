"""The table of refusals, and gateways by the names that stand in it. Node reads the same table."""

import hashlib
import json
import shutil
from pathlib import Path

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
HOSTS = """
gateway: 1
listeners:
  - {address: '127.0.0.1:0', hosts: {us.llm.test: us, 127.0.0.1: us}}
"""


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
                return Gateway(policy=self.policy("total 600s", "total 1s"))
            case "hosts":
                return Gateway("--config", self.file(name, HOSTS), listen=())
            case "keyed":
                line = "attribute zero_retention"
                policy = self.policy(line, f"{TENANTS}\n{line}")
                return Gateway("--config", self.file(name, KEYED), policy=policy, listen=())
        raise LookupError(name)

    def file(self, name, text):
        path = self.place / f"{name}.yaml"
        path.write_text(text)
        return path

    def policy(self, old, new):
        """The shipped policy with one text in the place of another."""
        copy = self.place / f"policy-{len(list(self.place.iterdir()))}"
        shutil.copytree(ROOT / POLICY, copy, ignore=shutil.ignore_patterns("tests", "overlays"))
        file = copy / "policy.portolan"
        text = file.read_text()
        assert text.count(old) == 1, f"`{old}` is there {text.count(old)} times"
        file.write_text(text.replace(old, new))
        return copy

    def close(self):
        for gateway in self.running.values():
            gateway.close()
