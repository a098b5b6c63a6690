# SPDX-License-Identifier: Apache-2.0
"""Coroutines that work a little, each by its own clock."""
import asyncio
import time


def work(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        sum(range(200))


async def every(seconds, used):
    while True:
        work(used)
        await asyncio.sleep(seconds)


async def refresh_prices():
    await every(1, 0.01)


async def flush_metrics():
    await every(0.5, 0.002)


async def clean_sessions():
    await every(2, 0.02)


async def run():
    print("ready", flush=True)
    await asyncio.gather(refresh_prices(), flush_metrics(), clean_sessions())


asyncio.run(run())
