# SPDX-License-Identifier: Apache-2.0
"""A server that fails, or a client that sends what failed again and again.

usage: signal_retries.py serve | ask PORT
"""
import http.client
import http.server
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        failing = self.path.startswith("/pay")
        self.send_response(503 if failing else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def ask(port):
    client = http.client.HTTPConnection("127.0.0.1", port)
    for number in range(20):
        for attempt in range(5):
            # Headers that differ do not make another request of it.
            client.request("GET", f"/pay/{number}", headers={"X-Attempt": str(attempt)})
            client.getresponse().read()
            time.sleep(0.02)
        client.request("GET", "/fine")
        client.getresponse().read()
    time.sleep(2)


if sys.argv[1] == "serve":
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    print("ready", server.server_port, flush=True)
    server.serve_forever()
else:
    ask(int(sys.argv[2]))
