# SPDX-License-Identifier: Apache-2.0
"""Fifty queries through SQLAlchemy, some of them in savepoints."""
import pathlib

from sqlalchemy import create_engine, text

HOST, PORT = pathlib.Path("database").read_text().split()
engine = create_engine(f"postgresql+psycopg2://postgres@{HOST}:{PORT}/postgres")
with engine.begin() as connection:
    for number in range(50):
        with connection.begin_nested():
            connection.execute(text("SELECT customer FROM orders WHERE id = :id"),
                               {"id": number}).all()
engine.dispose()
