#!/usr/bin/python3
"""TLS servers that want to hurt a client: --mode chooses the behaviour.

The first octets are ours (records made by hand) or those of a correct TLS handshake by Python's ssl;
the modes of `openssl s_server` let that program ask for new keys again and again.
"""

import os
import random
import socket
import struct
import subprocess
import tempfile
import threading
import time

import common
from hostile_wire import Peer, collection, honest

ALL, behaviour = collection()

ALERT, HANDSHAKE, DATA = 21, 22, 23


def record(kind, body, version=0x0303, declared=None):
    return struct.pack("!BHH", kind, version, len(body) if declared is None else declared) + body


def hello(sock):
    """Reads the ClientHello, and gives it back: as a rule one record."""
    return sock.recv(16384)


def hush(sock):
    while sock.recv(65536):
        pass


def pour(sock, chunk):
    while True:
        sock.sendall(chunk)


def drip(sock, octets):
    for octet in octets:
        sock.sendall(bytes([octet]))
        time.sleep(0.05)


def server_hello(client_hello, body=b""):
    """A ServerHello for TLS 1.2 with the client's session id; `body` stands after it."""
    session = client_hello[43:44 + client_hello[43]]
    safe = b"\xff\x01\x00\x01\x00"  # the extension renegotiation_info, which clients demand
    text = b"\x03\x03" + bytes(32) + session + b"\xc0\x2f\x00" + struct.pack("!H", len(safe)) + safe
    return record(HANDSHAKE, b"\x02" + struct.pack("!I", len(text))[1:] + text + body)


# --- In place of a TLS handshake -------------------------------------------------------------------
@behaviour
def silent(sock, _):
    """reads the ClientHello and never answers"""
    hush(sock)


@behaviour
def alert(sock, _):
    """a fatal alert: handshake_failure"""
    hello(sock)
    sock.sendall(record(ALERT, b"\x02\x28"))
    hush(sock)


@behaviour
def unknown_alert(sock, _):
    """a fatal alert with a number that means nothing"""
    hello(sock)
    sock.sendall(record(ALERT, b"\x02\xfe"))
    hush(sock)


@behaviour
def warnings(sock, _):
    """warning alerts without end"""
    hello(sock)
    pour(sock, record(ALERT, b"\x01\x70") * 1000)


@behaviour
def garbage(sock, _):
    """random octets without end"""
    hello(sock)
    pour(sock, random.Random(1).randbytes(65536))


@behaviour
def long_record(sock, _):
    """a record of 65535 octets, four times what is allowed"""
    hello(sock)
    sock.sendall(record(HANDSHAKE, b"\x02" + bytes(65534)))
    hush(sock)


@behaviour
def record_then_silence(sock, _):
    """the header of a record, and nothing of it"""
    hello(sock)
    sock.sendall(record(HANDSHAKE, b"", declared=16384))
    hush(sock)


@behaviour
def record_then_end(sock, _):
    """the header of a record, then FIN"""
    hello(sock)
    sock.sendall(record(HANDSHAKE, b"", declared=16384))
    sock.shutdown(socket.SHUT_WR)
    hush(sock)


@behaviour
def empty_records(sock, _):
    """empty handshake records without end"""
    hello(sock)
    pour(sock, record(HANDSHAKE, b"") * 5000)


@behaviour
def endless_message(sock, _):
    """a handshake message of 2^24-1 octets, and records without end"""
    hello(sock)
    sock.sendall(record(HANDSHAKE, b"\x02\xff\xff\xff" + bytes(16380)))
    pour(sock, record(HANDSHAKE, bytes(16384)) * 512)


@behaviour
def many_hellos(sock, _):
    """ServerHello without end"""
    pour(sock, server_hello(hello(sock)) * 100)


@behaviour
def hello_then_silence(sock, _):
    """a ServerHello, then nothing"""
    sock.sendall(server_hello(hello(sock)))
    hush(sock)


@behaviour
def hello_drip(sock, _):
    """a ServerHello and a certificate message, one octet each 50 ms"""
    drip(sock, server_hello(hello(sock), b"\x0b\x00\xff\xff" + bytes(4000)))


@behaviour
def certificate_without_end(sock, _):
    """a ServerHello and a certificate message of 16 MB"""
    sock.sendall(server_hello(hello(sock), b"\x0b\xff\xff\xff" + b"\xff\xff\xfc"))
    pour(sock, record(HANDSHAKE, bytes(16384)) * 64)


@behaviour
def cipher_changes(sock, _):
    """change_cipher_spec without end"""
    hello(sock)
    pour(sock, record(20, b"\x01") * 5000)


@behaviour
def old_version(sock, _):
    """a ServerHello of SSL 3.0"""
    sock.sendall(server_hello(hello(sock)).replace(b"\x03\x03" + bytes(8), b"\x03\x00" + bytes(8)))
    hush(sock)


@behaviour
def smtp(sock, _):
    """the greeting of a mail server"""
    sock.sendall(b"220 mail.example ESMTP \x1b[2J\r\n")
    hush(sock)


# --- After a correct one ---------------------------------------------------------------------------
def after(function):
    """`function` gets the TLS connection after its handshake and the socket under it."""
    def whole(sock, context):
        with socket.socket(fileno=os.dup(sock.fileno())) as under, \
                context.wrap_socket(sock, server_side=True) as tls:
            function(tls, under)
    whole.__name__, whole.__doc__ = function.__name__, function.__doc__
    return behaviour(whole)


def upgraded(tls):
    peer = Peer.read(tls, 10 ** 10)
    if peer is None:
        raise ConnectionError
    peer.upgrade()
    peer.wait()
    return peer


@after
def chain(tls, _):
    """a certificate that stands 2000 times in its chain"""
    peer = Peer.read(tls, 10 ** 10)
    if peer:
        honest(peer)


@after
def tickets(tls, _):
    """300 session tickets, then an honest echo"""
    peer = Peer.read(tls, 10 ** 10)
    if peer:
        honest(peer)


@after
def no_answer(tls, _):
    """reads the request and never answers"""
    hush(tls)


@after
def cut_before_answer(tls, under):
    """FIN without close_notify once the request is there"""
    Peer.read(tls, 10 ** 10)
    under.shutdown(socket.SHUT_WR)
    hush(under)


@after
def garbage_before_answer(tls, under):
    """once the request is there, a record that does not decrypt"""
    Peer.read(tls, 10 ** 10)
    under.sendall(record(DATA, bytes(100)))
    hush(under)


@after
def garbage_inside(tls, under):
    """after the 101 a record that does not decrypt"""
    upgraded(tls)
    under.sendall(record(DATA, bytes(100)))
    hush(under)


@after
def plain_text_inside(tls, under):
    """after the 101 a Close in plain text, under TLS"""
    upgraded(tls)
    under.sendall(common.close_frame(1007, b"not encrypted"))
    hush(under)


@after
def half_a_record(tls, under):
    """after the 101 a half record, then FIN"""
    upgraded(tls)
    under.sendall(record(DATA, bytes(10), declared=1000))
    under.shutdown(socket.SHUT_WR)
    hush(under)


@after
def reset_inside(tls, under):
    """after the 101 RST"""
    upgraded(tls)
    under.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@after
def octet_records(tls, _):
    """a text without end, one octet a record"""
    peer = upgraded(tls)
    peer.send(common.frame(1, b"", declared=(1 << 63) - 1))
    while True:
        peer.send(b"x")


@after
def flood(tls, _):
    """texts without end"""
    upgraded(tls).pour(common.frame(1, b"flood " * 20) * 512)


# What `openssl s_server` is told again and again: K asks for new keys of both sides (TLS 1.3), R for
# a new handshake (TLS 1.2).
RELAYED = {"key-updates": ("-tls1_3", b"K\n"), "renegotiations": ("-tls1_2", b"R\n")}


def relay(args):
    version, word = RELAYED[args.mode]
    program = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{args.port}", version, "-cert", args.cert, "-key",
         args.key], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    port = None
    for line in program.stdout:
        if line.startswith(b"ACCEPT"):
            port = int(line.strip().rpartition(b":")[2])
            break
    common.stop_on_request(args, lambda: (program.kill(), os._exit(0)))
    print("listening", port, flush=True)

    def ask():
        while True:
            os.write(program.stdin.fileno(), word)
            time.sleep(0.001)
    for line in program.stdout:
        if line.startswith(b"GET "):
            threading.Thread(target=ask, daemon=True).start()


def serve_one(sock, context, args):
    with sock:
        try:
            ALL[args.mode](sock, context)
        except (OSError, ValueError):
            pass


def main():
    p = common.parser(__doc__)
    common.add_tls(p)
    p.add_argument("--mode", choices=sorted({*ALL, *RELAYED}))
    p.add_argument("--list", action="store_true", help="print the behaviours and end")
    args = p.parse_args()
    if args.list:
        for name in sorted({*ALL, *RELAYED}):
            print(f"{name}: {ALL[name].__doc__ if name in ALL else 'asks for that without end'}")
        return
    if args.mode in RELAYED:
        relay(args)
        return
    if args.mode == "chain":
        with tempfile.NamedTemporaryFile() as whole, open(args.cert, "rb") as one:
            whole.write(one.read() * 2000)
            whole.flush()
            args.cert = whole.name
            context = common.tls(args)
    else:
        context = common.tls(args)
    if args.mode == "tickets":
        context.num_tickets = 300
    common.serve(args, lambda sock: serve_one(sock, context, args))


if __name__ == "__main__":
    main()
