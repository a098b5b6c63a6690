# SPDX-License-Identifier: Apache-2.0
"""An endpoint as object-relational mappers make them: one query, then one more a row."""
import pathlib

import asyncpg
from fastapi import FastAPI

HOST, PORT = pathlib.Path("database").read_text().split()
app = FastAPI()


@app.on_event("startup")
async def connect():
    app.state.database = await asyncpg.connect(host=HOST, port=int(PORT), user="postgres",
                                               database="postgres")


@app.get("/orders/{order}")
async def order_of(order: int):
    customer = await app.state.database.fetchval("SELECT customer FROM orders WHERE id = $1", order)
    prices = [await app.state.database.fetchval("SELECT price FROM items WHERE id = $1",
                                                order * 25 + number) for number in range(25)]
    return {"customer": customer, "total": float(sum(prices))}


@app.get("/nothing")
async def nothing():
    return {}
