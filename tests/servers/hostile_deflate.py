"""Hostile compressed messages after a 101 that agrees to permessage-deflate (RFC 7692)."""

import struct
import zlib

import common
from hostile_wire import CLOSE, CONT, TEXT, collection, is_utf8

ALL, behaviour = collection()

COMPRESSED = 0x40  # RSV1
TAKEOVER = b"; server_no_context_takeover; client_no_context_takeover"


def agree(peer, parameters=TAKEOVER):
    peer.send(peer.switching(b"Sec-WebSocket-Extensions: permessage-deflate" + parameters))


def deflated(octets, dictionary=b""):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, *([8, zlib.Z_DEFAULT_STRATEGY, dictionary]
                                                       if dictionary else []))
    return (packer.compress(octets) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def compressed(opcode, payload, fin=True):
    whole = common.frame(opcode, payload, fin=fin)
    return bytes([whole[0] | COMPRESSED]) + whole[1:]


def bomb(mebibytes):
    """A text of so many MiB: a block of 1 MiB, repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b"a" * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return compressed(TEXT, (block * mebibytes)[:-4])


def echo(peer, pack=deflated):
    """A correct echo server whose messages are compressed; `pack` compresses."""
    while True:
        first, payload = peer.frame()
        opcode = first & 15
        if first & COMPRESSED:
            payload = zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff")
        if opcode == CLOSE or opcode == TEXT and not is_utf8(payload):
            peer.send(common.frame(CLOSE, payload) if opcode == CLOSE else common.close_frame(1007))
            return peer.linger()
        if opcode < CLOSE:
            peer.send(compressed(opcode, pack(payload)))


def honest(peer):
    """an honest echo server of compressed messages"""
    agree(peer)
    echo(peer)


def answer(peer, *octets):
    """Agrees, and sends the octets once the client has sent something; then reads on."""
    agree(peer)
    if peer.wait():
        peer.send(*octets)
        peer.hush()


@behaviour
def deflate_parameters(peer):
    """an answer with the parameters ?value=, then an honest echo"""
    agree(peer, b"; " + peer.query["value"].encode())
    echo(peer)


@behaviour
def deflate_octets(peer):
    """answers the first message with the octets ?hex="""
    answer(peer, bytes.fromhex(peer.query["hex"]))


@behaviour
def deflate_bomb(peer):
    """a text of 100 MiB of one character in 100 KB"""
    answer(peer, bomb(100))


@behaviour
def deflate_bombs(peer):
    """such texts, of 10 MiB each, without end"""
    agree(peer)
    peer.pour(bomb(10))


@behaviour
def deflate_bomb_fragments(peer):
    """one compressed text in fragments of 1 MiB in 1 KB, without end"""
    agree(peer)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    peer.send(compressed(TEXT, packer.compress(b"a") + packer.flush(zlib.Z_SYNC_FLUSH), fin=False))
    while True:
        part = packer.compress(b"a" * (1 << 20)) + packer.flush(zlib.Z_SYNC_FLUSH)
        peer.send(common.frame(CONT, part, fin=False))


@behaviour
def deflate_empty_blocks(peer):
    """one compressed text of empty stored blocks without end: it inflates to nothing"""
    agree(peer)
    peer.send(compressed(TEXT, b"", fin=False))
    peer.pour(common.frame(CONT, b"\0\0\0\xff\xff" * 4096, fin=False))


@behaviour
def deflate_far_back(peer):
    """agrees to a window of 512 octets and refers 2000 back"""
    some = b"".join(b"%04x" % (n * 7919 % 65536) for n in range(500))
    agree(peer, TAKEOVER + b"; server_max_window_bits=9")
    if peer.wait():
        peer.send(compressed(TEXT, deflated(some + some)))
        peer.hush()


@behaviour
def deflate_before_start(peer):
    """a text that refers to octets before its beginning"""
    word = b"something that was never sent"
    answer(peer, compressed(TEXT, deflated(word * 2, word)))


@behaviour
def deflate_continuation(peer):
    """RSV1 on the second fragment"""
    packed = deflated(b"hello")
    answer(peer, compressed(TEXT, packed[:2], fin=False), compressed(CONT, packed[2:]))


@behaviour
def deflate_not_utf8(peer):
    """a compressed text that is not UTF-8"""
    answer(peer, compressed(TEXT, deflated(b"\x1b[2J\xff\x9b")))


@behaviour
def deflate_trailer(peer):
    """an echo that leaves 00 00 ff ff at the end of a message"""
    agree(peer)
    echo(peer, lambda payload: deflated(payload) + b"\0\0\xff\xff")


@behaviour
def deflate_two_flushes(peer):
    """an honest echo whose messages end in two empty blocks: lawful"""
    agree(peer)
    echo(peer, lambda payload: deflated(payload) + b"\0\0\xff\xff\0")


@behaviour
def deflate_stored(peer):
    """an honest echo that compresses nothing: stored blocks, lawful"""
    agree(peer)
    echo(peer, lambda payload: b"\0" + struct.pack("<HH", len(payload), len(payload) ^ 0xffff) +
         payload + b"\0")
