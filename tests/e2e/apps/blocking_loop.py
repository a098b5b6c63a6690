# SPDX-License-Identifier: Apache-2.0
"""A server of one event loop. /wait sleeps without letting anybody else run, /await lets them."""
import asyncio
import sys
import time


async def answer(path):
    if path == b"/wait":
        time.sleep(0.04)
    else:
        await asyncio.sleep(0.04)


async def serve_client(reader, writer):
    while line := await reader.readline():
        while (await reader.readline()).strip():
            pass
        await answer(line.split()[1])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(serve_client, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
