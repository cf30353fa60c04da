"""A gateway as a process of its own, and what it wrote into its decision log."""

import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
POLICY = "rules/assemblyai"
# Models are released and retired: the mock is asked on a day when both kinds are there.
DAY = "2026-03-01"


def end(process):
    """Ends a process, in peace where it does so in time."""
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Gateway:
    """`portolan serve`, listening where the machine has room, until it is closed."""

    def __init__(self, *arguments, policy=POLICY, listen=("us", "eu"), mock=True, day=DAY, env=None):
        self.place = tempfile.TemporaryDirectory(prefix="portolan-clients-")
        self.log = Path(self.place.name) / "decisions.ndjson"
        command = [os.environ["PORTOLAN"], "serve", str(policy), "--log", str(self.log)]
        command += ["--admin", "127.0.0.1:0"]
        for endpoint in listen:
            command += ["--listen", f"{endpoint}=127.0.0.1:0"]
        if mock:
            command += ["--upstream", "mock", "--at", day]
        self.process = subprocess.Popen(
            command + [str(argument) for argument in arguments],
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.urls, said = {}, []
        for line in self.process.stdout:
            said.append(line.rstrip())
            if line.startswith("listening: "):
                names, address = line.removeprefix("listening: ").split(" at ")
                for name in re.findall("`([^`]+)`", names):
                    self.urls[name] = address.strip()
            if line.startswith("admin: "):
                self.admin = line.removeprefix("admin: ").strip()
            if line.startswith("ready: "):
                return
        self.close()
        raise RuntimeError("it did not get ready:\n" + "\n".join(said))

    def url(self, endpoint="us"):
        """What a client of the chat API calls its base URL."""
        return self.urls[endpoint] + "/v1"

    def open(self):
        """Calls that came and whose lines are not written yet."""
        with urllib.request.urlopen(f"{self.admin}/metrics", timeout=60) as metrics:
            [count] = re.findall(r"^portolan_calls_open (\d+)$", metrics.read().decode(), re.M)
        return int(count)

    def lines(self, count=None):
        """The log, once it has all calls so far; with a number, once it has so many lines."""
        until = time.monotonic() + 60
        while True:
            whole = count is None and self.open() == 0
            text = self.log.read_text() if self.log.exists() else ""
            lines = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
            if len(lines) >= count if count is not None else whole:
                return lines
            if time.monotonic() > until:
                raise AssertionError(f"{len(lines)} of {count or 'all'} lines: {lines}")
            time.sleep(0.02)

    def since(self, before, count=1):
        """The lines behind the first so many, once there are `count` of them."""
        return self.lines(before + count)[before:]

    def close(self):
        end(self.process)
        self.process.stdout.close()
        self.place.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
