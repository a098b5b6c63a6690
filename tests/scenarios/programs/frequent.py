# SPDX-License-Identifier: Apache-2.0
"""A coroutine that works for 30 ms five times a second, beside one that works little."""
import asyncio
import time


def work(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        sum(range(200))


async def rebuild_statistics():
    due = time.monotonic()
    while True:
        work(0.03)
        due += 0.2
        await asyncio.sleep(max(0, due - time.monotonic()))


async def poll():
    while True:
        work(0.0005)
        await asyncio.sleep(0.07)


async def run():
    print("ready", flush=True)
    await asyncio.gather(rebuild_statistics(), poll())


asyncio.run(run())
