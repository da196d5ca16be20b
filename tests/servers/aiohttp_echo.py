#!/usr/bin/python3
"""Echo server on python3-aiohttp: text comes back as text, binary as binary."""

import asyncio
import logging
import os

from aiohttp import WSMsgType, web

import common


async def echo(request):
    socket = web.WebSocketResponse(max_msg_size=64 * 1024 * 1024, compress=not ARGS.no_deflate)
    await socket.prepare(request)
    async for message in socket:
        if message.type == WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def main():
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    common.stop_on_request(ARGS, lambda: loop.call_soon_threadsafe(stopped.set))
    app = web.Application()
    app.router.add_get("/", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    sock = common.listener(ARGS.port)
    await web.SockSite(runner, sock).start()
    common.announce(sock)
    await stopped.wait()
    os._exit(0)


if __name__ == "__main__":
    p = common.parser(__doc__)
    p.add_argument("--no-deflate", action="store_true")
    ARGS = p.parse_args()
    logging.disable(logging.CRITICAL)
    asyncio.run(main())
