# SPDX-License-Identifier: Apache-2.0
"""A name server and its client, in namespaces of their own; the client keeps the time.

usage: signal_lookups.py DIRECTORY    begins with a line of stdin, prints what it did as JSON
"""
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time

SERVER = ("127.0.0.53", 53)
LATE = 0.2
CODES = {"fail": 2, "none": 3}


def answer(query):
    """None for what is to stay without one."""
    kind = query[13:13 + query[12]].decode().split("-")[0]
    if kind == "silent":
        return None
    if kind == "slow":
        time.sleep(LATE)
    end = query.index(b"\0", 12) + 5
    kind_of_record = struct.unpack_from(">H", query, end - 4)[0]
    code = CODES.get(kind, 0)
    found = code == 0 and kind_of_record == 1
    reply = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, int(found), 0, 0) + query[12:end]
    if found:
        reply += struct.pack(">HHHIH4B", 0xc00c, 1, 1, 1, 4, 127, 0, 0, 9)
    return reply


def serve_datagrams(server):
    def one(query, client):
        if (reply := answer(query)) is not None:
            server.sendto(reply, client)

    while True:
        threading.Thread(target=one, args=server.recvfrom(512), daemon=True).start()


def serve_streams(server):
    while True:
        client, _ = server.accept()
        with client:
            length = struct.unpack(">H", client.recv(2, socket.MSG_WAITALL))[0]
            reply = answer(client.recv(length, socket.MSG_WAITALL))
            client.sendall(struct.pack(">H", len(reply)) + reply)


def question(number, name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">HHHHHH", number, 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def connected(message):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(SERVER)
        one.send(message)
        one.recv(512)


def unconnected(message):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(message, SERVER)
        one.recvfrom(512)


def by_message(message):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendmsg([message], [], 0, SERVER)
        one.recvmsg(512)


def by_stream(message):
    with socket.create_connection(SERVER) as one:
        one.sendmsg([struct.pack(">H", len(message)), message])
        length = struct.unpack(">H", one.recv(2, socket.MSG_WAITALL))[0]
        one.recv(length, socket.MSG_WAITALL)


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    own = pathlib.Path(sys.argv[1]) / "resolv.conf"
    own.write_text(f"nameserver {SERVER[0]}\noptions timeout:2 attempts:1\n")
    subprocess.run(["mount", "--bind", own, "/etc/resolv.conf"], check=True)
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(SERVER)
    streams = socket.create_server(SERVER)
    if os.fork() == 0:
        threading.Thread(target=serve_datagrams, args=(datagrams,), daemon=True).start()
        serve_streams(streams)
    datagrams.close()
    streams.close()
    print("ready", flush=True)
    sys.stdin.readline()
    times = []
    ways = (connected, unconnected, by_message, by_stream)
    for number in range(40):
        kind = ("fast", "slow", "fail", "none")[number % 4]
        message = question(number, f"{kind}-{number % 8}.test")
        begin = time.monotonic()
        ways[number // 4 % 4](message)
        times.append((kind, time.monotonic() - begin))
    libc = 0
    for number in range(5):
        socket.getaddrinfo(f"libc-{number}.test.", 80, type=socket.SOCK_STREAM)
        libc += 2  # A and AAAA, by sendmmsg
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(SERVER)
        one.send(question(99, "silent-1.test"))
        print(json.dumps({"times": times, "libc": libc}), flush=True)
        sys.stdin.readline()


try:
    main()
finally:
    os.killpg(0, 15)
