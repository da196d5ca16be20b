"""Shared by the Python test servers: options, the start/stop contract, raw RFC 6455 pieces.

The contract: bind 127.0.0.1, print one line "listening PORT" when ready, run until SIGTERM, SIGINT
or (with --stdin-guard) the end of stdin. Nothing else is ever written to stdout.
"""

import argparse
import base64
import hashlib
import os
import signal
import socket
import ssl
import struct
import sys
import threading

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def parser(description):
    p = argparse.ArgumentParser(description=description)
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--stdin-guard", action="store_true")
    return p


def add_tls(p):
    """The options of a server that can speak TLS: PEM files."""
    p.add_argument("--cert")
    p.add_argument("--key")
    p.add_argument("--client-ca", help="demand client certificates of this CA")


def tls(args):
    """The server's SSLContext, or None without --cert."""
    if args.cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.cert, args.key)
    if args.client_ca:
        context.load_verify_locations(args.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def listener(port, backlog=4096):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(backlog)
    return sock


def announce(sock):
    print("listening", sock.getsockname()[1], flush=True)


def stop_on_request(args, stop=lambda: os._exit(0)):
    """SIGTERM, SIGINT and the guarded end of stdin call stop(); by default the process ends."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
    if args.stdin_guard:
        def guard():
            while os.read(0, 4096):
                pass
            stop()
        threading.Thread(target=guard, daemon=True).start()


def serve(args, one):
    """Listens, says so, and calls `one` with each connection, in a thread of its own."""
    stop_on_request(args)
    accepting = listener(args.port)
    announce(accepting)
    while True:
        threading.Thread(target=one, args=(accepting.accept()[0],), daemon=True).start()


def accept_key(key):
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def frame(opcode, payload, fin=True, declared=None):
    length = len(payload) if declared is None else declared
    head = bytes([(0x80 if fin else 0) | opcode])
    if length < 126:
        head += bytes([length])
    elif length < 65536:
        head += struct.pack("!BH", 126, length)
    else:
        head += struct.pack("!BQ", 127, length)
    return head + payload


def echo(data):
    """The echo of a masked frame of at most 125 octets."""
    return frame(data[0] & 15, bytes(o ^ data[2 + n % 4] for n, o in enumerate(data[6:])))


def close_frame(code, reason=b""):
    return frame(8, struct.pack("!H", code) + reason)


def switching(head):
    """The 101 answer to a request head (octets up to the empty line)."""
    key = b""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"sec-websocket-key":
            key = value.strip()
    return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept_key(key) + b"\r\n\r\n")


def log(*words):
    print(*words, file=sys.stderr, flush=True)
