# SPDX-License-Identifier: Apache-2.0
"""Two endpoints of Flask, for gunicorn's workers."""
import time

from flask import Flask

app = Flask(__name__)


def work(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        sum(range(200))


@app.get("/report/<int:number>")
def report(number):
    work(0.02)
    return str(number)


@app.get("/ping")
def ping():
    work(0.002)
    return "pong"
