"""Whom the webhook gate asks."""

import http.server
import json
import threading


class Oracle(http.server.ThreadingHTTPServer):
    """Answers every question with `answer`, and keeps what it was asked."""

    def __init__(self, address="127.0.0.1"):
        super().__init__((address, 0), Answering)
        self.asked, self.traces = [], set()
        self.answer = {"state": "pending", "reason": "the ticket is open", "retry_at": None}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://{self.server_address[0]}:{self.server_address[1]}/may-it"

    def close(self):
        self.shutdown()
        self.server_close()


class Answering(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # noqa: N802
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.traces.add(self.headers["traceparent"])
        body = json.dumps({name: value for name, value in self.server.answer.items() if value}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
