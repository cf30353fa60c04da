"""An upstream over HTTP that counts what reaches it: calls that are made twice show here."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SAID = "one answer"


class Upstream:
    """Answers by a script, one status a call; where it ends with 200."""

    def __init__(self, script=()):
        self.script = list(script)
        self.calls = []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def config(upstream, place):
        """A file that has the gateway call it in the place of the US endpoint, and the key for that."""
        config = place / "gateway.yaml"
        config.write_text(
            f"""
gateway: 1
listeners:
  - {{address: '127.0.0.1:0', endpoint: us}}
upstreams:
  us: {{key: env:UPSTREAM_KEY, url: '{upstream.address}', place: US}}
"""
        )
        return config, {"UPSTREAM_KEY": "the-upstreams-key"}

    def handler(upstream):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with upstream.lock:
                    status = upstream.script.pop(0) if upstream.script else 200
                    upstream.calls.append(
                        {"path": self.path, "body": body, "headers": dict(self.headers)}
                    )
                if status == 200 and body.get("stream"):
                    self.answer(200, "text/event-stream", events(body))
                elif status == 200:
                    self.answer(200, "application/json", json.dumps(completion(body)))
                else:
                    refusal = {"code": status, "message": "as told", "request_id": "up-1"}
                    self.answer(status, "application/json", json.dumps(refusal))

            def answer(self, status, media, text):
                text = text.encode()
                self.send_response(status)
                self.send_header("content-type", media)
                self.send_header("content-length", str(len(text)))
                if status == 429:
                    self.send_header("retry-after", "1")
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        return Handler

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def completion(body):
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "request_id": "up-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": SAID},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def events(body):
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1}
    deltas = [{"role": "assistant", "content": ""}, {"content": "one "}, {"content": "answer"}, {}]
    out = ""
    for delta in deltas:
        choice = {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}
        out += f"data: {json.dumps({**chunk, 'model': body['model'], 'choices': [choice]})}\n\n"
    return out + "data: [DONE]\n\n"
