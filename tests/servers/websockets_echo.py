#!/usr/bin/python3
"""Echo server on python3-websockets: text comes back as text, binary as binary."""

import asyncio
import logging
import os

import websockets

import common


async def echo(connection, _path=None):
    try:
        async for message in connection:
            await connection.send(message)
    except websockets.ConnectionClosed:
        pass


def heartbeat(args):
    """A ping every half of the time, and half of the time for its pong; else the library's own."""
    half = args.heartbeat_ms / 2000
    return {"ping_interval": half, "ping_timeout": half} if half else {}


async def main(args):
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    common.stop_on_request(args, lambda: loop.call_soon_threadsafe(stopped.set))
    sock = common.listener(args.port)
    async with websockets.serve(echo, sock=sock, max_size=args.max_size, backlog=4096,
                                ssl=common.tls(args), **heartbeat(args),
                                compression=None if args.no_deflate else "deflate"):
        common.announce(sock)
        await stopped.wait()
        os._exit(0)


if __name__ == "__main__":
    p = common.parser(__doc__)
    p.add_argument("--max-size", type=int, default=64 * 1024 * 1024)
    p.add_argument("--no-deflate", action="store_true")
    p.add_argument("--heartbeat-ms", type=int, default=0)
    common.add_tls(p)
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    asyncio.run(main(p.parse_args()))
