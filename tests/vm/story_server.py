# SPDX-License-Identifier: Apache-2.0
"""A backend whose requests compute a little, as small as can be: its CPU is emulated.
usage: story_server.py PORT"""
import socket
import sys

with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    while True:
        connection, _ = listener.accept()
        with connection:
            if connection.recv(4096):
                body = b"%d" % sum(range(40_000))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                                   % (len(body), body))
