# SPDX-License-Identifier: Apache-2.0
"""Nine of ten local ports connected to one address: two clients and two servers of one port, for no
process may hold so many descriptors."""
import os
import pathlib
import resource
import socket
import time

low, high = map(int, pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
ALL = int((high - low + 1) * 0.9)
resource.setrlimit(resource.RLIMIT_NOFILE, [resource.getrlimit(resource.RLIMIT_NOFILE)[1]] * 2)

listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
for _ in range(2):
    if os.fork() == 0:
        kept = []
        while True:
            kept.append(listener.accept())
            kept[-1][0].sendall(b".")
print("ready", listener.getsockname()[1], flush=True)
os.fork()
held = []
for _ in range(ALL // 2):
    held.append(socket.create_connection(listener.getsockname()))
    held[-1].recv(1)  # not faster than they are accepted, for the backlog may be short here
time.sleep(3600)
