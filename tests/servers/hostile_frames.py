"""Hostile frames after a correct 101."""

import random
import struct
import threading
import time

import common
from hostile_wire import BINARY, CONT, NASTY, PING, PONG, TEXT, collection, echo

ALL, behaviour = collection()

BLOCK = 512  # frames a write


@behaviour
def mute(peer):
    """reads for ever and never answers"""
    peer.upgrade()
    peer.hush()


@behaviour
def never_reads(peer):
    """reads nothing after the handshake, and keeps TCP open"""
    peer.upgrade()
    time.sleep(60)


@behaviour
def huge_then_silence(peer):
    """the header of a text of 2^63-1 octets, then nothing"""
    peer.upgrade(common.frame(TEXT, b"", declared=(1 << 63) - 1))
    peer.hush()


@behaviour
def huge_then_data(peer):
    """the header of a text of 2^63-1 octets, then octets without end"""
    peer.upgrade(common.frame(TEXT, b"", declared=(1 << 63) - 1))
    peer.pour(b"x" * 65536)


@behaviour
def top_bit(peer):
    """a length with its top bit set"""
    peer.upgrade(bytes([0x82, 127]) + struct.pack("!Q", 1 << 63))
    peer.pour(b"x" * 65536)


@behaviour
def endless_fragments(peer):
    """one text message in fragments without end"""
    peer.upgrade(common.frame(TEXT, b"begin", fin=False))
    peer.pour(common.frame(CONT, b"x" * 120, fin=False) * BLOCK)


@behaviour
def empty_fragments(peer):
    """one text message in empty fragments without end"""
    peer.upgrade(common.frame(TEXT, b"", fin=False))
    peer.pour(common.frame(CONT, b"", fin=False) * 32768)


@behaviour
def text_flood(peer):
    """texts without end"""
    peer.upgrade()
    peer.pour(common.frame(TEXT, b"flood " * 20) * BLOCK)


@behaviour
def different_texts(peer):
    """texts of 60 KB without end, no two alike"""
    peer.upgrade()
    number = random.Random(2).randrange(1 << 30)
    while True:
        number += 1
        peer.send(common.frame(TEXT, b"%020d" % number * 3000))


@behaviour
def empty_flood(peer):
    """empty binary messages without end"""
    peer.upgrade()
    peer.pour(common.frame(BINARY, b"") * 32768)


@behaviour
def ping_flood(peer):
    """pings of 125 octets without end; reads the answers"""
    peer.upgrade()
    threading.Thread(target=_hush, args=(peer,), daemon=True).start()
    peer.pour(common.frame(PING, b"p" * 125) * BLOCK)


def _hush(peer):
    try:
        peer.hush()
    except OSError:
        pass


@behaviour
def ping_flood_unread(peer):
    """pings of 125 octets without end; reads no answer"""
    peer.upgrade()
    peer.pour(common.frame(PING, b"p" * 125) * BLOCK)


@behaviour
def pong_flood(peer):
    """unsolicited pongs, without end"""
    peer.upgrade()
    peer.pour(common.frame(PONG, b"p" * 125) * BLOCK)


@behaviour
def masked(peer):
    """echoes in masked frames"""
    peer.upgrade()
    if peer.wait():
        peer.send(bytes([0x81, 0x82, 0, 0, 0, 0]) + b"ok")
        peer.hush()


@behaviour
def rsv(peer):
    """a text with RSV1, which no extension gives a meaning"""
    peer.upgrade()
    if peer.wait():
        peer.send(bytes([0xc1, 2]) + b"ok")
        peer.hush()


@behaviour
def reserved_opcode(peer):
    """a frame with opcode 3"""
    peer.upgrade()
    if peer.wait():
        peer.send(common.frame(3, b"x"))
        peer.hush()


@behaviour
def lone_continuation(peer):
    """a continuation without a message"""
    peer.upgrade()
    if peer.wait():
        peer.send(common.frame(CONT, b"x"))
        peer.hush()


@behaviour
def long_ping(peer):
    """a ping of 126 octets"""
    peer.upgrade()
    if peer.wait():
        peer.send(common.frame(PING, b"p" * 126))
        peer.hush()


@behaviour
def nasty_text(peer):
    """answers each message with escapes, links, clipboard writes and bidi controls"""
    peer.upgrade()
    for opcode, _ in peer.messages():
        if opcode in (TEXT, BINARY):
            peer.send(common.frame(TEXT, NASTY.encode()))


@behaviour
def not_utf8(peer):
    """answers with a text that is not UTF-8"""
    peer.upgrade()
    if peer.wait():
        peer.send(common.frame(TEXT, b"\x1b[2J\xff\x9b"))
        peer.hush()


LAST = [b"of nobody"]


@behaviour
def wrong_connection(peer):
    """echoes what another connection has sent"""
    peer.upgrade()
    for opcode, payload in peer.messages():
        if opcode in (TEXT, BINARY):
            other, LAST[0] = LAST[0], payload + b" of another"
            peer.send(common.frame(BINARY, other))


@behaviour
def octet_by_octet(peer):
    """an honest echo, each octet in a segment of its own"""
    def write(octets):
        for octet in octets:
            peer.send(bytes([octet]))
            time.sleep(0.002)
    peer.upgrade()
    echo(peer, write)


@behaviour
def octets(peer):
    """answers the first message with the octets ?hex=, and then is silent, or ends with ?end=fin or rst"""
    peer.upgrade()
    if peer.wait():
        peer.send(bytes.fromhex(peer.query["hex"]))
        time.sleep(0.05)
        {"fin": peer.linger, "rst": peer.reset, "": peer.hush}[peer.query.get("end", "")]()


@behaviour
def frame_drip(peer):
    """a text of 1000 octets, one each 50 ms"""
    peer.upgrade()
    if peer.wait():
        for octet in common.frame(TEXT, b"x" * 1000):
            peer.send(bytes([octet]))
            time.sleep(0.05)


@behaviour
def fragment_drip(peer):
    """a text in fragments of one octet, one each 20 ms, without end"""
    peer.upgrade(common.frame(TEXT, b"x", fin=False))
    while True:
        time.sleep(0.02)
        peer.send(common.frame(CONT, b"x", fin=False))


@behaviour
def ping_drip(peer):
    """a ping each 20 ms, and no other answer"""
    peer.upgrade()
    while True:
        peer.send(common.frame(PING, b"p"))
        time.sleep(0.02)


@behaviour
def greetings(peer):
    """?count= texts after the 101, then an honest echo"""
    peer.upgrade(common.frame(TEXT, b"welcome") * int(peer.query["count"]))
    echo(peer)


CHANGES = {
    "reversed": lambda p: [p[::-1]],
    "cut": lambda p: [p[:-1]],
    "longer": lambda p: [p + b"!"],
    "empty": lambda p: [b""],
    "twice": lambda p: [p, p],
    "a-thousand-times": lambda p: [p] * 1000,
    "upper": lambda p: [p.upper()],
    "constant": lambda p: [b"something else"],
}


@behaviour
def changed(peer):
    """echoes texts ?how= reversed, cut, longer, ... (CHANGES)"""
    change = CHANGES[peer.query["how"]]
    peer.upgrade()
    echo(peer, change=change)


@behaviour
def echo_late(peer):
    """an honest echo that waits ?ms= before each answer"""
    def write(octets):
        time.sleep(int(peer.query["ms"]) / 1000)
        peer.send(octets)
    peer.upgrade()
    echo(peer, write)


@behaviour
def echo_for_ever(peer):
    """echoes the first message again and again"""
    peer.upgrade()
    _, payload = peer.frame()
    peer.pour(common.frame(TEXT, payload) * BLOCK)
