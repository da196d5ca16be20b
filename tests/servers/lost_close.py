#!/usr/bin/python3
"""Sends a Close that a careless client loses.

Does the handshake, reads --read octets, waits (at most --wait-ms) until more lie unread, then sends
Close 1008 and closes at once: the unread octets make the kernel send RST right after the Close.
With --linger0 the connection is torn down by SO_LINGER 0 instead.
"""

import asyncio
import select
import socket
import struct

import common


async def unread(sock, loop, wait):
    """Waits until octets lie in the receive buffer, without reading them."""
    if select.select([sock], [], [], 0)[0]:
        return
    ready = loop.create_future()
    loop.add_reader(sock, lambda: ready.done() or ready.set_result(None))
    try:
        await asyncio.wait_for(ready, wait)
    except asyncio.TimeoutError:
        pass
    finally:
        loop.remove_reader(sock)


async def serve_one(sock, args):
    loop = asyncio.get_running_loop()
    with sock:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            head = b""
            while b"\r\n\r\n" not in head:  # one octet at a time: nothing after the head is read
                got = await loop.sock_recv(sock, 1)
                if not got or len(head) > 65536:
                    return
                head += got
            await loop.sock_sendall(sock, common.switching(head))
            left = args.read
            while left:
                got = await loop.sock_recv(sock, left)
                if not got:
                    return
                left -= len(got)
            await unread(sock, loop, args.wait_ms / 1000)
            await loop.sock_sendall(sock, common.close_frame(args.code, args.reason.encode()))
            if args.linger0:
                if args.linger0_delay_ms:
                    await asyncio.sleep(args.linger0_delay_ms / 1000)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass


async def main(args):
    loop = asyncio.get_running_loop()
    common.stop_on_request(args)
    listener = common.listener(args.port)
    listener.setblocking(False)
    common.announce(listener)
    tasks = set()
    while True:
        sock, _ = await loop.sock_accept(listener)
        task = loop.create_task(serve_one(sock, args))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


if __name__ == "__main__":
    p = common.parser(__doc__.splitlines()[0])
    p.add_argument("--read", type=int, default=256, help="octets read after the handshake")
    p.add_argument("--wait-ms", type=int, default=200, help="at most, for unread octets")
    p.add_argument("--code", type=int, default=1008)
    p.add_argument("--reason", default="rate limit exceeded")
    p.add_argument("--linger0", action="store_true")
    p.add_argument("--linger0-delay-ms", type=int, default=0, help="between the Close and the RST")
    asyncio.run(main(p.parse_args()))
