"""A network between a client and a gateway that loses or holds back what it is told to: byte for byte
otherwise, one thread a direction."""

import socket
import threading


class Relay:
    """Carries one connection after another to an address; `hold` decides what becomes of a call."""

    def __init__(self, url, hold):
        host, port = url.removeprefix("http://").split(":")
        self.to, self.hold = (host, int(port)), hold
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(near,), daemon=True).start()

    def carry(self, near):
        with near, socket.create_connection(self.to) as far:
            threading.Thread(target=self.up, args=(near, far), daemon=True).start()
            while piece := far.recv(65_536):
                near.sendall(piece)

    def up(self, near, far):
        """What goes up: whole calls, as `hold` lets them go."""
        call = b""
        while b"\r\n\r\n" not in call:
            call += near.recv(65_536)
        head, body = call.split(b"\r\n\r\n", 1)
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        while len(body) < length:
            body += near.recv(65_536)
        self.hold(far, head + b"\r\n\r\n", body)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
