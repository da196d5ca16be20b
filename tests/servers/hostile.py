#!/usr/bin/python3
"""Servers that want to hurt a client: they hang, flood, lie or answer rubbish."""

import random
import socket
import struct
import threading
import time

import common

MODES = {}


def mode(function):
    MODES[function.__name__.replace("_", "-")] = function
    return function


def read_head(sock):
    head = b""
    while b"\r\n\r\n" not in head and len(head) < 65536:
        got = sock.recv(4096)
        if not got:
            return None
        head += got
    return head.partition(b"\r\n\r\n")[0]


def upgrade(sock):
    head = read_head(sock)
    if head is not None:
        sock.sendall(common.switching(head))
    return head is not None


def pour(sock, chunk, limit):
    """Sends the chunk again and again until the peer closes or the limit is reached."""
    sent = 0
    while sent < limit:
        sock.sendall(chunk)
        sent += len(chunk)


def linger(sock, seconds=5):
    """Ends our side, then reads until the peer ends its own."""
    sock.shutdown(socket.SHUT_WR)
    sock.settimeout(seconds)
    while sock.recv(65536):
        pass


def http(sock, status, body):
    if read_head(sock) is None:
        return
    sock.sendall(b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
                 b"Connection: close\r\n\r\n%s" % (status, len(body), body))
    linger(sock)


@mode
def silent(sock, args):
    """accepts and reads, never answers"""
    while sock.recv(65536):
        pass


@mode
def garbage(sock, args):
    """random octets instead of HTTP"""
    if read_head(sock) is not None:
        sock.sendall(random.Random(args.seed).randbytes(4096))
        linger(sock)


@mode
def http404(sock, args):
    """HTTP 404"""
    http(sock, b"404 Not Found", b"no such path\n")


@mode
def http403(sock, args):
    """HTTP 403"""
    http(sock, b"403 Forbidden", b"origin not allowed\n")


@mode
def http_flood(sock, args):
    """header lines without end"""
    if read_head(sock) is not None:
        sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\n")
        pour(sock, b"X-Filler: " + b"x" * 8000 + b"\r\n", args.max_bytes)


@mode
def tls_alert(sock, args):
    """a TLS port's answer to plain text: alert 70, protocol version"""
    sock.recv(4096)
    sock.sendall(bytes.fromhex("15030100020246"))
    linger(sock)


@mode
def frame_flood(sock, args):
    """a valid 101, then valid text frames without end"""
    if upgrade(sock):
        pour(sock, common.frame(1, b"flood " * 20) * 512, args.max_bytes)


@mode
def huge_frame(sock, args):
    """a valid 101, then one text frame of 2^62 octets"""
    if upgrade(sock):
        sock.sendall(common.frame(1, b"", declared=1 << 62))
        pour(sock, b"x" * 65536, args.max_bytes)


@mode
def slow_101(sock, args):
    """a valid 101, one octet each 200 ms"""
    head = read_head(sock)
    if head is not None:
        for octet in common.switching(head):
            sock.sendall(bytes([octet]))
            time.sleep(0.2)
        while sock.recv(65536):
            pass


@mode
def bad_accept(sock, args):
    """a 101 whose Sec-WebSocket-Accept answers another key"""
    if read_head(sock) is not None:
        other = b"GET / HTTP/1.1\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
        sock.sendall(common.switching(other))
        linger(sock)


@mode
def reset(sock, args):
    """RST as soon as the request is there"""
    sock.recv(1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@mode
def esc_reason(sock, args):
    """Close 1008 at the first message; the reason has escapes, newlines and an invalid octet"""
    if upgrade(sock):
        sock.recv(1)
        sock.sendall(common.close_frame(
            1008, b"\x1b[2J\x1b]0;owned\x07\x1b[31mred\r\nFAKE: 0 failed\n"
                  b"\x00\x08\xc2\x9b1m\xff\xfe end"))
        linger(sock)


def serve_one(sock, args):
    with sock:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            MODES[args.mode](sock, args)
        except OSError:
            pass


def main():
    p = common.parser(__doc__)
    p.add_argument("--mode", choices=sorted(MODES), required=True,
                   help="; ".join(f"{name}: {f.__doc__}" for name, f in sorted(MODES.items())))
    p.add_argument("--max-bytes", type=int, default=10 * 1000 ** 3, help="where a flood ends")
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    common.stop_on_request(args)
    listener = common.listener(args.port)
    common.announce(listener)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve_one, args=(sock, args), daemon=True).start()


if __name__ == "__main__":
    main()
