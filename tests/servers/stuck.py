#!/usr/bin/python3
"""Echo server on python3-websockets whose messages take turns by one lock. The text "grab" makes its
handler drop the connection and keep the lock: from then on connections are accepted and none is
answered. With --for-ms the lock is found again after a while. "drop" only drops."""

import asyncio
import logging
import os

import websockets

import common

turn = asyncio.Lock()


async def echo(connection, _path=None):
    try:
        async for message in connection:
            if message == "drop":
                connection.transport.abort()
                return
            await turn.acquire()
            if message == "grab":
                connection.transport.abort()
                if ARGS.for_ms:
                    asyncio.get_running_loop().call_later(ARGS.for_ms / 1000, turn.release)
                return
            try:
                await connection.send(message)
            finally:
                turn.release()
    except websockets.ConnectionClosed:
        pass


async def main():
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    common.stop_on_request(ARGS, lambda: loop.call_soon_threadsafe(stopped.set))
    sock = common.listener(ARGS.port)
    async with websockets.serve(echo, sock=sock):
        common.announce(sock)
        await stopped.wait()
        os._exit(0)


if __name__ == "__main__":
    p = common.parser(__doc__)
    p.add_argument("--for-ms", type=int, default=0)
    ARGS = p.parse_args()
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    asyncio.run(main())
