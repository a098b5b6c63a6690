# SPDX-License-Identifier: Apache-2.0
"""Four senders and receivers; one of ten segments gets lost on its way to a receiver, by a filter
of its socket, for which root is needed."""
import ctypes
import os
import socket
import struct
import time

SO_ATTACH_FILTER = 26
RANDOM = 0xfffff000 + 56  # SKF_AD_OFF + SKF_AD_RANDOM
# Load a random word; when it is at least a tenth of all words take the segment, else none of it.
PROGRAM = b"".join(struct.pack("HBBI", *one) for one in (
    (0x20, 0, 0, RANDOM), (0x35, 0, 1, 0xffffffff // 10), (0x06, 0, 0, 0xffffffff), (0x06, 0, 0, 0)))

print("ready", flush=True)
os.fork()
os.fork()
listener = socket.create_server(("127.0.0.1", 0))
if os.fork() == 0:
    receiver, _ = listener.accept()
    code = ctypes.create_string_buffer(PROGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                        struct.pack("HP", len(PROGRAM) // 8, ctypes.addressof(code)))
    while receiver.recv(65536):
        pass
    os._exit(0)
sender = socket.create_connection(listener.getsockname())
sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while True:
    sender.sendall(b"x" * 1000)
    time.sleep(0.001)
