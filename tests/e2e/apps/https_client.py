# SPDX-License-Identifier: Apache-2.0
"""GET PATH/0, PATH/1, … over one TLS connection each. usage: PORT PATH REQUESTS [CONNECTIONS];
with CONNECTIONS they are asyncio's, which has no socket in its TLS sessions. Who asks for /warm
stays for a while, to be found."""
import asyncio
import http.client
import ssl
import sys
import time

PORT, PATH, REQUESTS = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
CONTEXT = ssl.create_default_context()
CONTEXT.check_hostname, CONTEXT.verify_mode = False, ssl.CERT_NONE


async def ask():
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT, ssl=CONTEXT)
    for number in range(REQUESTS):
        writer.write(f"GET {PATH}/{number} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if b"content-length" in line)
        await reader.readexactly(int(length.split(b":")[1]))
    writer.close()


async def ask_all(connections):
    await asyncio.gather(*(ask() for _ in range(connections)))


if len(sys.argv) > 4:
    asyncio.run(ask_all(int(sys.argv[4])))
else:
    client = http.client.HTTPSConnection("127.0.0.1", PORT, context=CONTEXT)
    for one in range(REQUESTS):
        client.request("GET", f"{PATH}/{one}")
        client.getresponse().read()
if PATH == "/warm":
    time.sleep(0.7)
