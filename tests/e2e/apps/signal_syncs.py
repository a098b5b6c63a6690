# SPDX-License-Identifier: Apache-2.0
"""A web server that makes a file durable for each request; it keeps the time of fsync.

usage: signal_syncs.py FILE    prints its port, and the times as JSON for each line of stdin
"""
import http.server
import json
import os
import sys
import threading
import time

TIMES = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o600)
        os.pwrite(file, os.urandom(4096), 4096 * (len(TIMES) % 64))
        begin = time.monotonic()
        os.fsync(file)
        TIMES.append(time.monotonic() - begin)
        os.close(file)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", server.server_port, flush=True)
for _ in sys.stdin:
    print(json.dumps(TIMES), flush=True)
