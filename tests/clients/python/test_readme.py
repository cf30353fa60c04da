"""The snippets of the README about `serve`, as they are printed but for the ports: those that it
names may be taken on the machine that runs this."""

import json
import re
import shlex
import subprocess
import sys

import pytest
from gateway import POLICY, ROOT, Gateway

SECTION = re.search(
    r"^## Serving it\n(.*?)^## ", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
).group(1)
PORTS = {"us": "127.0.0.1:8080", "eu": "127.0.0.1:8081"}


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def at_its_ports():
    """Puts the ports that were free in the place of those that are printed."""
    [command] = [block for block in blocks("sh") if " serve " in block]
    words = shlex.split(command)
    arguments = words[words.index("--") + 2 :]
    assert arguments == [POLICY, "--upstream", "mock"]
    with Gateway(*arguments[1:], mock=False) as gateway:

        def placed(text):
            assert any(port in text for port in PORTS.values()), text
            for endpoint, port in PORTS.items():
                text = text.replace(f"http://{port}", gateway.urls[endpoint])
            return text

        yield placed


def test_the_snippet_of_the_sdk_prints_an_answer(at_its_ports, tmp_path):
    [snippet] = blocks("python")
    file = tmp_path / "snippet.py"
    file.write_text(at_its_ports(snippet))
    ran = subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stdout) == (0, "This is a mock: no model was asked.\n"), ran.stderr


def test_the_commands_with_curl_print_what_is_said_of_them(at_its_ports):
    commands = [block for block in blocks("sh") if block.startswith("curl")]
    streamed, refused, rehearsed = [
        subprocess.run(
            ["bash", "-c", at_its_ports(command)], capture_output=True, text=True, timeout=120, check=True
        ).stdout
        for command in commands
    ]
    assert streamed.startswith("data: {") and streamed.rstrip().endswith("data: [DONE]")
    assert json.loads(rehearsed)["choices"][0]["message"]["content"]
    [printed] = [json.loads(block) for block in blocks("json")]
    refused = json.loads(refused)
    assert refused.keys() == printed.keys()
    begun, _ = printed["error"].pop("message").split("…")
    assert refused["error"].pop("message").startswith(begun)
    assert refused["error"] == printed["error"]
