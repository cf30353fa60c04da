"""The snippets of the service's documents, with our address in the place of its host."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SNIPPETS = Path(__file__).parents[1] / "snippets"
HOST = "https://llm-gateway.assemblyai.com"
SAID = "This is a mock: no model was asked.\n"


def ran(file, gateway, endpoint, tmp_path):
    """What a snippet prints."""
    text = (SNIPPETS / file).read_text()
    assert text.count(HOST) == 1
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
