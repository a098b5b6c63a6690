# SPDX-License-Identifier: Apache-2.0
"""An endpoint that does next to nothing, and how often it was asked."""
import itertools

from fastapi import FastAPI

app = FastAPI()
asked = itertools.count(1)
latest = 0


@app.get("/item/{number}")
async def item(number: int):
    global latest
    latest = next(asked)
    return {"number": number}


@app.get("/count")
async def count():
    return latest
