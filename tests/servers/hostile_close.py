"""Hostile ends of a connection after a correct 101."""

import os
import socket
import time

import common
from hostile_wire import CLOSE, NASTY, PING, TEXT, collection, echo

ALL, behaviour = collection()


def answer(peer, *octets):
    """Sends the octets once the client has sent something; False if it never does."""
    peer.upgrade()
    if not peer.wait():
        return False
    peer.send(*octets)
    return True


@behaviour
def close_body(peer):
    """a Close whose body is ?hex="""
    if answer(peer, common.frame(CLOSE, bytes.fromhex(peer.query["hex"]))):
        peer.linger()


@behaviour
def close_nasty_reason(peer):
    """Close 1007 with escapes, newlines and bidi controls in its reason"""
    reason = NASTY.encode()[:120].decode(errors="ignore").encode()
    if answer(peer, common.close_frame(1007, reason)):
        peer.linger()


@behaviour
def close_reason_not_utf8(peer):
    """Close 1007 with a reason that is not UTF-8"""
    if answer(peer, common.close_frame(1007, b"\x1b[2J\xff\x9b31m")):
        peer.linger()


@behaviour
def close_too_long(peer):
    """Close 1007 with a reason of 124 octets"""
    if answer(peer, common.close_frame(1007, b"r" * 124)):
        peer.linger()


@behaviour
def close_twice(peer):
    """two Close frames in one segment"""
    if answer(peer, common.close_frame(1007) * 2):
        peer.linger()


@behaviour
def close_twice_later(peer):
    """Close 1007 and, once it is answered, another Close"""
    if answer(peer, common.close_frame(1007)):
        time.sleep(0.2)
        peer.send(common.close_frame(1007))
        peer.linger()


@behaviour
def data_after_close(peer):
    """Close 1007, then a text"""
    if answer(peer, common.close_frame(1007), common.frame(TEXT, b"one more thing")):
        peer.linger()


@behaviour
def flood_after_close(peer):
    """Close 1007, then texts without end"""
    if answer(peer, common.close_frame(1007)):
        peer.pour(common.frame(TEXT, b"x" * 100) * 512)


@behaviour
def two_goodbyes(peer):
    """an honest echo that answers our Close with two of its own"""
    peer.upgrade()

    def write(octets):
        peer.send(octets * 2 if octets[0] == 0x88 else octets)
    echo(peer, write)


@behaviour
def second_goodbye_later(peer):
    """an honest echo that answers our Close 1000 and, 50 ms later, closes once more"""
    peer.upgrade()

    def write(octets):
        peer.send(octets)
        if octets[:4] == common.close_frame(1000):
            time.sleep(0.05)
            peer.send(octets)
    echo(peer, write)


@behaviour
def text_after_goodbye(peer):
    """an honest echo that sends a text after its answer to our Close"""
    peer.upgrade()

    def write(octets):
        peer.send(octets + common.frame(TEXT, b"bye") if octets[0] == 0x88 else octets)
    echo(peer, write)


@behaviour
def close_keeps_tcp(peer):
    """Close 1007, then TCP stays open for ever"""
    if answer(peer, common.close_frame(1007)):
        peer.hush()
        time.sleep(60)


@behaviour
def close_then_reset(peer):
    """Close 1007, then RST"""
    if answer(peer, common.close_frame(1007)):
        time.sleep(0.05)
        peer.reset()


@behaviour
def reset_in_frame(peer):
    """RST in the middle of a frame"""
    if answer(peer, common.frame(TEXT, b"half", declared=100)):
        time.sleep(0.05)
        peer.reset()


@behaviour
def end_in_frame(peer):
    """FIN in the middle of a frame"""
    if answer(peer, common.frame(TEXT, b"half", declared=100)):
        peer.linger()


@behaviour
def half_open(peer):
    """FIN after the 101, but reads on for ever"""
    peer.upgrade()
    peer.sock.shutdown(socket.SHUT_WR)
    peer.hush()
    time.sleep(60)


@behaviour
def close_at_once(peer):
    """Close 1000 in the segment of the 101"""
    peer.upgrade(common.close_frame(1000))
    peer.linger()


@behaviour
def die(peer):
    """the process ends at the first message"""
    peer.upgrade()
    if peer.wait():
        os._exit(1)


@behaviour
def close_flood(peer):
    """Close frames without end"""
    if answer(peer, common.close_frame(1007)):
        peer.pour(common.close_frame(1007) * 512)


@behaviour
def pings_after_close(peer):
    """Close 1007, then pings without end"""
    if answer(peer, common.close_frame(1007)):
        peer.pour(common.frame(PING, b"p" * 125) * 512)


@behaviour
def close_drip(peer):
    """Close 1007 with a reason of 100 octets, one each 50 ms"""
    if answer(peer):
        for octet in common.close_frame(1007, b"r" * 100):
            peer.send(bytes([octet]))
            time.sleep(0.05)
        peer.linger()


@behaviour
def half_a_frame_after_close(peer):
    """Close 1007 and the first octets of a text, then FIN"""
    if answer(peer, common.close_frame(1007), b"\x81\x05he"):
        peer.linger()


@behaviour
def no_goodbye(peer):
    """an honest echo that never answers our Close, and keeps TCP open"""
    def write(octets):
        if octets[:4] == common.close_frame(1000):
            time.sleep(60)
        peer.send(octets)
    peer.upgrade()
    echo(peer, write)


@behaviour
def other_goodbye(peer):
    """an honest echo that answers our Close with 1011"""
    peer.upgrade()
    echo(peer, lambda octets: peer.send(common.close_frame(1011) if octets[:4] == common.close_frame(1000)
                                        else octets))
