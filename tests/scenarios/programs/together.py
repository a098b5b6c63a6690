# SPDX-License-Identifier: Apache-2.0
"""Four jobs, each in a thread of its own, that all begin at the full second."""
import threading
import time


def work(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        sum(range(200))


def every_second(used):
    while True:
        time.sleep(1 - time.monotonic() % 1)
        work(used)


def build_report():
    every_second(0.18)


def send_mails():
    every_second(0.15)


def sync_stock():
    every_second(0.2)


def rotate_keys():
    every_second(0.16)


for job in (build_report, send_mails, sync_stock, rotate_keys):
    threading.Thread(target=job, daemon=True).start()
print("ready", flush=True)
time.sleep(3600)
