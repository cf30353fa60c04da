"""What OpenAI's Python SDK is told where the network between it and the gateway, or the gateway's end,
comes in between; and that the gateway goes to its upstream by no proxy of its environment."""

import signal
import socket
import time
import urllib.error
import urllib.request

import openai
import pytest
from gateway import Gateway
from relay import Relay
from upstream import SAID, Upstream

CALL = {
    "model": "claude-sonnet-4-6",
    "messages": [{"role": "user", "content": "Hello"}],
}


def refused(relay):
    """The error of a call through a relay."""
    client = openai.OpenAI(base_url=f"{relay.url}/v1", api_key="any-key", max_retries=0)
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(**CALL)
    return caught.value


def test_a_body_that_does_not_come_whole_is_no_call():
    def broken(far, head, body):
        far.sendall(head + body[:-10])
        far.shutdown(socket.SHUT_WR)

    with Gateway() as gateway, Relay(gateway.urls["us"], broken) as relay:
        error = refused(relay)
        assert type(error) is openai.BadRequestError
        assert (error.status_code, error.code) == (400, "body-incomplete")
        assert error.message.endswith("the body broke off; send the whole body")
        [line] = gateway.lines(1)
        assert (line["code"], line.get("attempts", [])) == ("body-incomplete", [])


def test_a_gateway_that_is_about_to_end_says_so_and_that_another_may_answer():
    with Gateway() as gateway:

        def late(far, head, body):
            far.sendall(head[:40])
            begun(far)
            gateway.process.send_signal(signal.SIGTERM)
            drains(gateway)
            far.sendall(head[40:] + body)

        with Relay(gateway.urls["us"], late) as relay:
            error = refused(relay)
        assert type(error) is openai.InternalServerError
        assert (error.status_code, error.code) == (503, "draining")
        assert error.response.headers.get("x-should-retry") != "false"
        [line] = gateway.lines(1)
        assert line["code"] == "draining"
        assert gateway.process.wait(60) == 0


def begun(far):
    """Waits until a connection is accepted and what was sent is read, as Linux lists it: one that still
    waits to be accepted has no inode, and ends with whoever listens."""
    ports = [far.getpeername()[1], far.getsockname()[1]]
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with open("/proc/net/tcp") as listed:
            rows = [line.split() for line in listed.readlines()[1:]]
        for _, local, remote, _, queues, _, _, _, _, inode, *_ in rows:
            unread = int(queues.split(":")[1], 16)
            own = [int(end.split(":")[1], 16) for end in (local, remote)] == ports
            if own and inode != "0" and unread == 0:
                return
        time.sleep(0.02)
    raise AssertionError("it does not take the connection")


def drains(gateway):
    """Waits until a gateway says that it takes no more calls."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(gateway.admin + "/readyz")
        except urllib.error.HTTPError as error:
            assert error.code == 503
            return
        time.sleep(0.02)
    raise AssertionError("it does not drain")


class HangsUp(Relay):
    """What a proxy variable names: it counts who connects, and carries nothing."""

    connected = 0

    def carry(self, near):
        self.connected += 1
        near.close()


def test_proxies_of_the_environment_are_not_asked(tmp_path):
    with Upstream() as upstream, HangsUp(upstream.address, hold=None) as proxy:
        config, secret = upstream.config(tmp_path)
        names = ["http_proxy", "https_proxy", "all_proxy"]
        env = {name: proxy.url for name in names} | {name.upper(): proxy.url for name in names}
        # An empty list of exceptions, so that loopback is none.
        env |= {**secret, "no_proxy": "", "NO_PROXY": ""}
        # Who takes it goes there.
        told = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy.url}))
        with pytest.raises(OSError):
            told.open(upstream.address, timeout=60)
        assert (proxy.connected, upstream.calls) == (1, [])
        with Gateway("--config", config, listen=(), mock=False, env=env) as gateway:
            client = openai.OpenAI(
                base_url=gateway.url("us"), api_key="any-key", max_retries=0, timeout=60
            )
            answer = client.chat.completions.create(**CALL)
            assert answer.choices[0].message.content == SAID
        assert (proxy.connected, len(upstream.calls)) == (1, 1)
