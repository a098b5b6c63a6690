# SPDX-License-Identifier: Apache-2.0
"""A backend whose one thread has nine background tasks beside its requests. Each asks the database
in words of its own, so that its calls are known by their text. SIGUSR1 writes the CPU seconds that
each has used to truth.json."""
import asyncio
import json
import os
import pathlib
import signal
import time

import asyncpg
from fastapi import FastAPI

HOST, PORT = pathlib.Path("database").read_text().split()
USED = {}
app = FastAPI()


def work(name, seconds):
    begin = now = time.thread_time()
    while now - begin < seconds:
        sum(range(200))
        now = time.thread_time()
    USED[name] = USED.get(name, 0) + now - begin


async def ask(text, number):
    async with app.state.pool.acquire() as connection:
        return await connection.fetchval(text, number)


async def learning_cycle():
    while True:
        await ask("SELECT customer AS learning_cycle FROM orders WHERE id = $1", 1)
        work("learning_cycle", 0.006)
        await asyncio.sleep(0.03)


async def cache_refresh():
    while True:
        work("cache_refresh", 0.004)
        for number in range(3):
            await ask("SELECT customer AS cache_refresh FROM orders WHERE id = $1", number)
        await asyncio.sleep(0.037)


async def metrics_flush():
    while True:
        work("metrics_flush", 0.003)
        await ask("SELECT count(*) AS metrics_flush FROM items WHERE id < $1", 20)
        await asyncio.sleep(0.041)


async def outbox_poll():
    while True:
        await ask("SELECT count(*) AS outbox_poll FROM orders WHERE id < $1", 30)
        work("outbox_poll", 0.002)
        await asyncio.sleep(0.029)


class Sessions:
    async def clean_up(self):
        while True:
            await self.clean_up_once()
            await asyncio.sleep(0.043)

    async def clean_up_once(self):
        await ask("SELECT count(*) AS clean_up FROM items WHERE id > $1", 5)
        work("Sessions.clean_up", 0.003)


async def report_builder():
    while True:
        await asyncio.gather(*(ask("SELECT price AS report_builder FROM items WHERE id = $1", one)
                               for one in range(4)))
        work("report_builder", 0.005)
        await asyncio.sleep(0.053)


async def price_sync():
    while True:
        work("price_sync", 0.002)
        await asyncio.wait_for(ask("SELECT price AS price_sync FROM items WHERE id = $1", 7), 5)
        await asyncio.sleep(0.047)


async def index_rebuild():
    while True:
        work("index_rebuild", 0.008)
        await asyncio.sleep(0.059)


async def heartbeat():
    while True:
        await ask("SELECT $1::int AS heartbeat", 1)
        work("heartbeat", 0.001)
        await asyncio.sleep(0.023)


@app.on_event("startup")
async def begin():
    app.state.pool = await asyncpg.create_pool(host=HOST, port=int(PORT), user="postgres",
                                               database="postgres", min_size=5, max_size=5,
                                               statement_cache_size=0)
    app.state.tasks = [asyncio.create_task(task()) for task in (
        learning_cycle, cache_refresh, metrics_flush, outbox_poll, Sessions().clean_up,
        report_builder, price_sync, index_rebuild, heartbeat)]
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)


def tell():
    pathlib.Path("truth.new").write_text(json.dumps(USED))
    os.replace("truth.new", "truth.json")


@app.get("/orders/{order}")
async def order_of(order: int):
    customer = await ask("SELECT customer AS order_of FROM orders WHERE id = $1", order)
    work("order_of", 0.003)
    price = await ask("SELECT price AS order_of FROM items WHERE id = $1", order)
    return {"customer": customer, "price": float(price or 0)}
