# SPDX-License-Identifier: Apache-2.0
"""A backend whose requests read a block of a file from the disk.
usage: disk_server.py PORT FILE"""
import mmap
import os
import random
import socket
import sys

BLOCK = 4096

with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    file = os.open(sys.argv[2], os.O_RDONLY | os.O_DIRECT)
    blocks = os.stat(file).st_size // BLOCK
    block = mmap.mmap(-1, BLOCK)  # aligned, as direct reads want it
    while True:
        connection, _ = listener.accept()
        with connection:
            if connection.recv(4096):
                os.preadv(file, [block], random.randrange(blocks) * BLOCK)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
