# SPDX-License-Identifier: Apache-2.0
"""A Celery worker's two jobs. The broker's port is in the file `redis`."""
import pathlib
import time

from celery import Celery

BROKER = f"redis://127.0.0.1:{pathlib.Path('redis').read_text()}/0"
app = Celery("jobs", broker=BROKER)


def work(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        sum(range(200))


@app.task
def send_invoice(number):
    work(0.05)


@app.task
def resize_photo(number):
    work(0.02)
