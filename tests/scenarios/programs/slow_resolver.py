# SPDX-License-Identifier: Apache-2.0
"""A name server at 127.0.0.77 that takes its time, and a process that asks it ten times a second."""
import os
import socket
import struct
import threading
import time

SERVER = ("127.0.0.77", 53)


def answer(server, question, client):
    time.sleep(0.25)
    head = struct.pack(">HHHHHH", struct.unpack(">H", question[:2])[0], 0x8180, 1, 1, 0, 0)
    record = struct.pack(">HHHIH4B", 0xc00c, 1, 1, 60, 4, 10, 0, 0, 1)
    server.sendto(head + question[12:] + record, client)


def serve():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(SERVER)
    print("ready", flush=True)
    while True:
        question, client = server.recvfrom(512)
        threading.Thread(target=answer, args=[server, question, client]).start()


def look_up(number):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(5)
        one.connect(SERVER)
        name = b"\x04name\x07example\x03com\x00"
        one.send(struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + name + b"\0\1\0\1")
        one.recv(512)


if os.fork() == 0:
    time.sleep(0.5)
    for turn in range(1, 60000):
        look_up(turn)
        time.sleep(0.1)
serve()
