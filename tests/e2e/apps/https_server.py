# SPDX-License-Identifier: Apache-2.0
"""Answers GET /items/NUMBER and, at length, /large/NUMBER with 200 and the rest with 404, over
TLS, a thread a connection."""
import http.server
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"item\n" * (60000 if self.path.startswith("/large/") else 60)
        known = self.path.startswith("/items/") or self.path.startswith("/large/")
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("certificate.pem", "key.pem")
# The handshake is its thread's, so that nobody waits for another.
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
