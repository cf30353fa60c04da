"""Starts the gateway as the container does, but for its ports and with the mock, and asks it what
the probes of the manifest ask."""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIG = (ROOT / "deploy" / "gateway.yaml").read_text()

manifest = list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text()))
by_kind = {document["kind"]: document for document in manifest}
assert by_kind["ConfigMap"]["data"]["gateway.yaml"] == CONFIG, "the manifest has another gateway.yaml"
[container] = by_kind["Deployment"]["spec"]["template"]["spec"]["containers"]
ports = {port["name"]: port["containerPort"] for port in container["ports"]}
config = yaml.safe_load(CONFIG)
assert config["admin"] == f"0.0.0.0:{ports['admin']}"
for listener in config["listeners"]:
    assert listener["address"] == f"0.0.0.0:{ports[listener['endpoint']]}"
named = {variable["name"] for variable in container["env"]}
assert {f"env:{name}" for name in named} == {one["key"] for one in config["upstreams"].values()}

copied = re.findall(r"^COPY (rules/\S+) /etc/portolan/(\S+)$", (ROOT / "deploy/Dockerfile").read_text(), re.M)
assert copied, "the image has no policy"
with tempfile.TemporaryDirectory() as place:
    for source, target in copied:
        shutil.copytree(ROOT / source, Path(place) / target)
    file = Path(place) / "gateway.yaml"
    file.write_text(re.sub(r"0\.0\.0\.0:\d+", "'127.0.0.1:0'", CONFIG))
    command = [sys.argv[1], "serve", Path(place) / "policy", "--config", file, "--upstream", "mock"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    admin, listening = None, 0
    for line in process.stdout:
        listening += line.startswith("listening: ")
        if line.startswith("admin: "):
            admin = line.removeprefix("admin: ").strip()
        if line.startswith("ready: "):
            break
    assert admin and listening == len(config["listeners"]), "it did not get ready"
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"]:
        path = container[probe]["httpGet"]["path"]
        with urllib.request.urlopen(admin + path, timeout=60) as answer:
            print(probe, path, answer.status, answer.read().decode().strip())
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0, "it did not stop as it was told"
