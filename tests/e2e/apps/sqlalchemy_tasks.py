# SPDX-License-Identifier: Apache-2.0
"""Three tasks that ask through SQLAlchemy's asyncio engine, whose drivers run in greenlets. Ends
after the seconds given."""
import asyncio
import pathlib
import sys

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

HOST, PORT = pathlib.Path("database").read_text().split()
engine = create_async_engine(f"postgresql+asyncpg://postgres@{HOST}:{PORT}/postgres"
                             "?prepared_statement_cache_size=0", pool_size=4,
                             connect_args={"statement_cache_size": 0})


async def billing():
    while True:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT customer AS billing FROM orders WHERE id = :id"),
                                     {"id": 1})
        await asyncio.sleep(0.013)


async def shipping():
    while True:
        async with engine.connect() as connection:
            for number in range(3):
                await connection.execute(
                    text("SELECT price AS shipping FROM items WHERE id = :id"), {"id": number})
        await asyncio.sleep(0.019)


async def stock():
    while True:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT count(*) AS stock FROM items"))
        await asyncio.sleep(0.017)


async def run():
    tasks = [asyncio.create_task(task()) for task in (billing, shipping, stock)]
    await asyncio.sleep(float(sys.argv[1]))
    for task in tasks:
        task.cancel()


asyncio.run(run())
