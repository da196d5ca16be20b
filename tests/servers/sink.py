#!/usr/bin/python3
"""A sink on python3-websockets: reads everything and never sends a message. It answers pings,
unless it is told not to (RFC 6455 5.5.2 demands the answer)."""

import asyncio
import logging
import os

import websockets
from websockets.legacy.server import WebSocketServerProtocol

import common


class Deaf(WebSocketServerProtocol):
    """The library calls pong() for each ping that comes."""

    async def pong(self, data=b""):
        pass


async def swallow(connection, _path=None):
    try:
        async for _ in connection:
            pass
    except websockets.ConnectionClosed:
        pass


async def main(args):
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    common.stop_on_request(args, lambda: loop.call_soon_threadsafe(stopped.set))
    sock = common.listener(args.port)
    async with websockets.serve(swallow, sock=sock, max_size=64 * 1024 * 1024, backlog=4096,
                                compression=None, ping_interval=None,
                                create_protocol=Deaf if args.no_pong else None):
        common.announce(sock)
        await stopped.wait()
        os._exit(0)


if __name__ == "__main__":
    p = common.parser(__doc__)
    p.add_argument("--no-pong", action="store_true")
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    asyncio.run(main(p.parse_args()))
