# SPDX-License-Identifier: Apache-2.0
"""Nine coroutines, none of which works for long, and which together fill most of a CPU."""
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


async def learning_cycle():
    await every(0.03, 0.008)


async def cache_refresh():
    await every(0.037, 0.006)


async def metrics_flush():
    await every(0.041, 0.005)


async def outbox_poll():
    await every(0.029, 0.004)


async def clean_up():
    await every(0.043, 0.005)


async def report_builder():
    await every(0.053, 0.008)


async def price_sync():
    await every(0.047, 0.004)


async def index_rebuild():
    await every(0.059, 0.01)


async def heartbeat():
    await every(0.023, 0.002)


async def run():
    print("ready", flush=True)
    await asyncio.gather(learning_cycle(), cache_refresh(), metrics_flush(), outbox_poll(),
                         clean_up(), report_builder(), price_sync(), index_rebuild(), heartbeat())


asyncio.run(run())
