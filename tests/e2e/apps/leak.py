# SPDX-License-Identifier: Apache-2.0
"""Four coroutines that work on memory; `import_feed` keeps 5 MB of it a second. Writes "ready"."""
import asyncio
import pathlib
import time

KEPT = []


async def import_feed():
    due = time.monotonic()
    while True:
        KEPT.append(bytearray(b"x") * 250_000)
        due += 0.05
        await asyncio.sleep(max(0, due - time.monotonic()))


async def render():
    page = bytearray(300_000)
    while True:
        page.reverse()
        await asyncio.sleep(0.011)


async def parse():
    while True:
        [str(number) for number in range(2_000)]
        await asyncio.sleep(0.013)


async def count():
    while True:
        sum(range(20_000))
        await asyncio.sleep(0.017)


async def run():
    tasks = [asyncio.create_task(task()) for task in (import_feed, render, parse, count)]
    await asyncio.sleep(0.5)
    pathlib.Path("ready").touch()
    await asyncio.gather(*tasks)


asyncio.run(run())
