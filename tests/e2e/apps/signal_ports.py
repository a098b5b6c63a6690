# SPDX-License-Identifier: Apache-2.0
"""Holds local ports in a network namespace of its own, and a listener whose queue is full.

usage: signal_ports.py OPEN CLOSED    so many of 100 ports open, and closed (TIME_WAIT)
"""
import pathlib
import socket
import subprocess
import sys

SETTINGS = pathlib.Path("/proc/sys/net")


def main():
    still_open, closed = int(sys.argv[1]), int(sys.argv[2])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    (SETTINGS / "ipv4/ip_local_port_range").write_text("40000 40099")
    (SETTINGS / "core/somaxconn").write_text("8")
    server = socket.create_server(("127.0.0.1", 7000))
    held = []
    for number in range(still_open + closed):
        client = socket.create_connection(("127.0.0.1", 7000))
        accepted, _ = server.accept()
        if number < closed:
            client.close()  # the side that closes first waits
            accepted.close()
        else:
            held += [client, accepted]
    full = socket.create_server(("127.0.0.1", 7001), backlog=100)
    print("ready", flush=True)
    sys.stdin.readline()
    clients = []
    for _ in range(30):
        client = socket.socket()
        client.setblocking(False)
        client.bind(("127.0.0.2", 0))
        client.connect_ex(("127.0.0.1", 7001))
        clients.append(client)
    sys.stdin.read()
    full.close()


main()
