"""Starts the gateway as the container does, but for its ports and with the mock, and asks it what
the probes of the manifest ask."""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIG = (ROOT / "deploy" / "gateway.yaml").read_text()


def put(mounted, name, text):
    """Puts a file as a kubelet does: into a directory of its own, to which one link is then moved."""
    (mounted / name).mkdir()
    (mounted / name / "gateway.yaml").write_text(text)
    (mounted / "..data_tmp").symlink_to(name)
    (mounted / "..data_tmp").rename(mounted / "..data")


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

[mount] = container["volumeMounts"]
assert "subPath" not in mount, "a changed ConfigMap would not come to the pods"
assert container["args"] == ["--config", f"{mount['mountPath']}/gateway.yaml"]

copied = re.findall(r"^COPY (rules/\S+) /etc/portolan/(\S+)$", (ROOT / "deploy/Dockerfile").read_text(), re.M)
assert copied, "the image has no policy"
with tempfile.TemporaryDirectory() as place:
    for source, target in copied:
        shutil.copytree(ROOT / source, Path(place) / target)
    mounted = Path(place) / "config"
    mounted.mkdir()
    (mounted / "gateway.yaml").symlink_to("..data/gateway.yaml")
    here = re.sub(r"0\.0\.0\.0:\d+", "'127.0.0.1:0'", CONFIG) + "watch_s: 1\n"
    put(mounted, "..1", here)
    file = mounted / "gateway.yaml"
    command = [sys.argv[1], "serve", Path(place) / "policy", "--config", file, "--upstream", "mock"]
    errors = open(Path(place) / "errors", "w+")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
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
    put(mounted, "..2", here.replace("drain_s: 30", "drain_s: 29"))
    until = time.monotonic() + 60
    while "reloaded: snapshot" not in (said := Path(errors.name).read_text()):
        assert time.monotonic() < until, f"a changed ConfigMap is not read: {said}"
        time.sleep(0.1)
    print("reloaded, as a ConfigMap changes")
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0, "it did not stop as it was told"
