# SPDX-License-Identifier: Apache-2.0
"""A threaded WSGI server whose requests each make three queries. usage: wsgi_app.py PORT"""
import pathlib
import socketserver
import sys
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from psycopg2.pool import ThreadedConnectionPool

HOST, PORT = pathlib.Path("database").read_text().split()
POOL = ThreadedConnectionPool(4, 8, host=HOST, port=PORT, user="postgres", dbname="postgres")


def application(environment, start_response):
    number = environment["PATH_INFO"].rsplit("/", 1)[-1]
    if not number.isdigit():
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]
    connection = POOL.getconn()
    connection.autocommit = True
    with connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute("SELECT customer FROM orders WHERE id = %s", (int(number),))
            customer = cursor.fetchone()[0].encode()
    POOL.putconn(connection)
    start_response("200 OK", [("Content-Length", str(len(customer)))])
    return [customer]


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Handler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


make_server("127.0.0.1", int(sys.argv[1]), application, Server, Handler).serve_forever()
