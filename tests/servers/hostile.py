#!/usr/bin/python3
"""Servers that want to hurt a client. The path chooses the behaviour: /ping-flood?good=1.

    good=N   the first N connections with this request target are served by an honest echo server
             (the driver's own probes shall pass, its scenarios shall not)
    bad=N    ... and so are all after the N that are not

Every behaviour is a function of hostile_{handshake,frames,deflate,close,reflect}.py; its docstring
says what it does. What the driver shall make of it stands in tests/e2e/hostile_table.md.
"""

import collections
import socket
import threading

import common
import hostile_close
import hostile_deflate
import hostile_frames
import hostile_handshake
import hostile_reflect
from hostile_wire import Peer, honest

BEHAVIOURS = {**hostile_handshake.ALL, **hostile_frames.ALL, **hostile_deflate.ALL,
              **hostile_close.ALL, **hostile_reflect.ALL, "honest": honest,
              "deflate-honest": hostile_deflate.honest}


class Counter:
    """How often each request target was asked for."""

    def __init__(self):
        self.lock = threading.Lock()
        self.seen = collections.Counter()

    def next(self, target):
        with self.lock:
            self.seen[target] += 1
            return self.seen[target]


def serve_one(sock, counter, args):
    with sock:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer.read(sock, args.max_bytes)
            if peer is None:
                return
            behaviour, good = BEHAVIOURS.get(peer.name), honest
            if peer.name.startswith("deflate-"):
                if b"permessage-deflate" not in peer.head:  # not offered: nothing to do wrong
                    honest(peer)
                    return
                good = hostile_deflate.honest
            if behaviour is None:
                peer.refuse(b"404 Not Found", b"no such behaviour\n")
            else:
                at = counter.next(peer.target) - int(peer.query.get("good", 0))
                is_bad = 0 < at <= int(peer.query.get("bad", at))
                (behaviour if is_bad else good)(peer)
        except OSError:
            pass


def main():
    p = common.parser(__doc__)
    p.add_argument("--max-bytes", type=int, default=10 * 1000 ** 3, help="where a flood ends")
    p.add_argument("--list", action="store_true", help="print the behaviours and end")
    args = p.parse_args()
    if args.list:
        for name, behaviour in sorted(BEHAVIOURS.items()):
            print(f"{name}: {behaviour.__doc__}")
        return
    common.stop_on_request(args)
    listener = common.listener(args.port)
    common.announce(listener)
    counter = Counter()
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve_one, args=(sock, counter, args), daemon=True).start()


if __name__ == "__main__":
    main()
