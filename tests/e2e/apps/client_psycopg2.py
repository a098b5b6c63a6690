# SPDX-License-Identifier: Apache-2.0
"""Fifty queries in one transaction each ten."""
import pathlib

import psycopg2

HOST, PORT = pathlib.Path("database").read_text().split()
connection = psycopg2.connect(host=HOST, port=PORT, user="postgres", dbname="postgres")
for _ in range(5):
    with connection, connection.cursor() as cursor:
        for number in range(10):
            cursor.execute("SELECT customer FROM orders WHERE id = %s", (number,))
            cursor.fetchall()
connection.close()
