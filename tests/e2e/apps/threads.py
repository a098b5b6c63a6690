# SPDX-License-Identifier: Apache-2.0
"""A thread with a class of its own, one by function, and an executor. Writes "ready"."""
import pathlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor


def work(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        sum(range(200))


class Indexer(threading.Thread):
    def run(self):
        while True:
            work(0.01)
            time.sleep(0.02)


def watch_queue():
    while True:
        work(0.005)
        time.sleep(0.02)


def resize_image(number):
    work(0.005)
    return number


Indexer(daemon=True).start()
threading.Thread(target=watch_queue, daemon=True).start()
with ThreadPoolExecutor(2) as pool:
    pathlib.Path("ready").touch()
    while True:
        list(pool.map(resize_image, range(4)))
        time.sleep(0.05)
