# SPDX-License-Identifier: Apache-2.0
"""A steady load of requests, which keeps by its own clock how long each answer took."""
import threading
import time

import servers
from harness import expect

CLIENTS, PAUSE = 2, 0.025


class Load:
    """Asks for orders as long as the block takes."""

    def __init__(self, port):
        self.port, self.took, self.over = port, [], threading.Event()
        self.threads = [threading.Thread(target=self.ask) for _ in range(CLIENTS)]

    def ask(self):
        number = 0
        while not self.over.wait(PAUSE):
            number = number % 90 + 1
            begin = time.monotonic()
            status, _ = servers.get(self.port, f"/orders/{number}", timeout=30)
            if status == 200:
                self.took.append((time.monotonic(), time.monotonic() - begin))

    def p95(self, since, until_time):
        took = sorted(seconds for at, seconds in self.took if since <= at < until_time)
        expect(len(took) >= 50, f"expected 50 answers, there were {len(took)}")
        return took[len(took) * 95 // 100]

    def over_next(self, seconds):
        since = time.monotonic()
        time.sleep(seconds)
        return self.p95(since, time.monotonic())

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
