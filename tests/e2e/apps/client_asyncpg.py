# SPDX-License-Identifier: Apache-2.0
"""Fifty queries over two connections, by prepared statements that asyncpg caches."""
import asyncio
import pathlib

import asyncpg

HOST, PORT = pathlib.Path("database").read_text().split()


async def some():
    connection = await asyncpg.connect(host=HOST, port=int(PORT), user="postgres",
                                       database="postgres")
    for number in range(25):
        await connection.fetch("SELECT customer FROM orders WHERE id = $1", number)
    await connection.close()


async def run():
    await asyncio.gather(some(), some())


asyncio.run(run())
