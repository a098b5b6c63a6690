# SPDX-License-Identifier: Apache-2.0
"""A backend whose requests compute a little and ask the database once."""
import pathlib

import asyncpg
from fastapi import FastAPI

HOST, PORT = pathlib.Path("database").read_text().split()
app = FastAPI()


@app.on_event("startup")
async def connect():
    app.state.pool = await asyncpg.create_pool(host=HOST, port=int(PORT), user="postgres",
                                               database="postgres", min_size=2, max_size=4)


@app.get("/orders/{number}")
async def order(number: int):
    async with app.state.pool.acquire() as connection:
        customer = await connection.fetchval("SELECT customer FROM orders WHERE id = $1", number)
    return {"customer": customer, "total": sum(range(300_000))}
