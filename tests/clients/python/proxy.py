"""LiteLLM's proxy as a process of its own, and OpenAI's SDK pointed at it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import openai
from gateway import end

# The key of the documents' snippet, which LiteLLM takes only where it is told that nobody minds.
MASTER = "sk-1234"
ENVIRONMENT = {
    "LITELLM_MASTER_KEY": MASTER,
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
}


class Proxy:
    """`litellm --config`, until it is closed."""

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
        end(self.process)
        self.out.close()


def came(gateway, before):
    """The lines behind the first so many, of calls. LiteLLM's proxy asks its deployments for their models
    by itself, some time after its start."""
    return [line for line in gateway.lines()[before:] if line["path"] != "/v1/models"]
