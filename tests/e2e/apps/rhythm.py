# SPDX-License-Identifier: Apache-2.0
"""Two coroutines: one works for 200 ms every 2 s, one a little all the time. Writes "ready"."""
import asyncio
import pathlib
import time


def work(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        sum(range(200))


async def rebuild_statistics():
    due = time.monotonic()
    while True:
        for _ in range(10):
            work(0.02)
            await asyncio.sleep(0.001)
        due += 2
        await asyncio.sleep(due - time.monotonic())


async def poll():
    while True:
        work(0.001)
        await asyncio.sleep(0.03)


async def run():
    pathlib.Path("ready").touch()
    await asyncio.gather(rebuild_statistics(), poll())


asyncio.run(run())
