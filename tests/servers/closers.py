#!/usr/bin/python3
"""An echo server that is honest but for one thing about how connections end. The path chooses it.

    /honest        all as it should be
    /restart       a text "shutdown" closes every connection with 1001 and TCP with it; then the
                   server is there again. A text "boom" is an error of the handler's: 1011
"""

import argparse
import re
import socket
import struct
import threading
import time

import common
from hostile_wire import CLOSE, CONT, PING, PONG, TEXT, Peer, is_utf8

ALL = {}


def flaw(cls):
    """LateEnd serves /late-end."""
    ALL[re.sub("(?<!^)(?=[A-Z])", "-", cls.__name__).lower()] = cls
    return cls


class Closer:
    """One connection. What a flaw changes is a method of its own."""

    everybody = set()
    lock = threading.Lock()

    def __init__(self, peer):
        self.peer = peer
        self.open_message = None
        self.text = b""

    def serve(self):
        self.peer.upgrade()
        with self.lock:
            self.everybody.add(self)
        try:
            while self.step():
                pass
        finally:
            with self.lock:
                self.everybody.discard(self)

    def step(self):
        """One frame; False ends it."""
        peer = self.peer
        first, second = peer.take(2)
        opcode, fin = first & 15, first & 128
        control = opcode >= CLOSE
        wrong = (first & 0x70 or not second & 128 or opcode in (3, 4, 5, 6, 7) or opcode > PONG or
                 (control and (not fin or second & 127 > 125)) or
                 (not control and (opcode == CONT) != (self.open_message is not None)))
        peer.buffer = bytes([first, second]) + peer.buffer
        _, payload = peer.frame()
        if wrong:
            return self.fail(1002)
        if opcode == CLOSE:
            return self.answer(payload)
        if opcode == PING:
            peer.send(common.frame(PONG, payload))
        if control:
            return True
        if opcode != CONT:
            self.open_message, self.text = opcode, b""
        self.text += payload
        if not fin:
            return True
        kind, self.open_message = self.open_message, None
        if kind == TEXT and not is_utf8(self.text):
            return self.fail(1007)
        return self.message(kind, self.text)

    def message(self, kind, payload):
        self.peer.send(common.frame(kind, payload))
        return True

    def fail(self, code):
        """The peer broke the protocol."""
        self.peer.send(common.close_frame(code))
        return self.end()

    def answer(self, payload):
        """The peer closes."""
        code = struct.unpack("!H", payload[:2])[0] if len(payload) > 1 else 1005
        travels = 1000 <= code < 1004 or 1007 <= code < 1015 or 3000 <= code < 5000
        if len(payload) == 1 or (payload and not travels):
            return self.fail(1002)
        if not is_utf8(payload[2:]):
            return self.fail(1007)
        self.peer.send(common.frame(CLOSE, payload[:2]))
        return self.end()

    def end(self):
        self.peer.sock.shutdown(socket.SHUT_WR)
        self.peer.sock.settimeout(1)
        while self.peer.sock.recv(65536):
            pass
        return False


@flaw
class Honest(Closer):
    """nothing is wrong"""


@flaw
class Restart(Closer):
    """can be shut down, and has a handler with an error in it"""

    def message(self, kind, payload):
        if payload == b"boom":
            return self.fail(1011)
        if payload == b"shutdown":
            with self.lock:
                all_of_them = list(self.everybody)
            for one in all_of_them:
                one.peer.send(common.close_frame(1001))
                one.peer.sock.shutdown(socket.SHUT_WR)
            return False
        return super().message(kind, payload)


@flaw
class Crash(Restart):
    """the same, without a Close"""

    def fail(self, code):
        if code != 1011:
            return super().fail(code)
        self.peer.reset()
        return False

    def message(self, kind, payload):
        if payload != b"shutdown":
            return super().message(kind, payload)
        with self.lock:
            for one in self.everybody:
                one.peer.sock.shutdown(socket.SHUT_RDWR)
        return False


@flaw
class LateEnd(Closer):
    """TCP ends 1.5 s after the Close frames"""

    def end(self):
        time.sleep(1.5)
        return super().end()


@flaw
class NoEnd(Closer):
    """TCP stays open after the Close frames"""

    def end(self):
        self.peer.hush()
        return False


@flaw
class ResetEnd(Closer):
    """a reset instead of a FIN"""

    def end(self):
        time.sleep(0.05)
        self.peer.reset()
        return False


@flaw
class WaitsForAnswer(Closer):
    """after an error of the peer's it waits for the answer to its Close"""

    def fail(self, code):
        self.peer.send(common.close_frame(code))
        while self.peer.frame()[0] & 15 != CLOSE:
            pass
        return self.end()


@flaw
class TwoCloses(Closer):
    """a Close that crosses its own is answered with another one"""

    def fail(self, code):
        self.peer.send(common.close_frame(code))
        self.peer.sock.settimeout(0.2)
        try:
            while self.peer.frame()[0] & 15 != CLOSE:
                pass
            self.peer.send(common.close_frame(1000))
        except OSError:
            pass
        return self.end()


@flaw
class PongsOn(Closer):
    """after its Close for an error it goes on answering pings"""

    def fail(self, code):
        self.peer.send(common.close_frame(code))
        self.peer.sock.settimeout(0.2)
        try:
            while True:
                first, payload = self.peer.frame()
                if first & 15 == PING:
                    self.peer.send(common.frame(PONG, payload))
        except OSError:
            pass
        return self.end()


@flaw
class SleepsOverAPiece(Closer):
    """answers a Close in pieces as if it were whole, and so late that a ping has come after it"""

    def step(self):
        first, payload = self.peer.frame()
        if first != CLOSE:  # without FIN
            self.peer.send(common.frame(first & 15, payload))
            return True
        time.sleep(0.3)
        ping, asked = self.peer.frame()
        self.peer.send(common.frame(CLOSE, payload) +
                       (common.frame(PONG, asked) if ping & 15 == PING else b""))
        return self.end()


@flaw
class NeverClosesForAPiece(Closer):
    """passes a Close in pieces over, and goes on"""

    def step(self):
        first, payload = self.peer.frame()
        if first & 15 == PING:
            self.peer.send(common.frame(PONG, payload))
        elif first & 15 != CLOSE:
            self.peer.send(common.frame(first & 15, payload))
        elif first & 128:
            return self.answer(payload)
        return True


@flaw
class ReadsOn(Closer):
    """what follows the peer's Close is answered first, then the Close"""

    closing = None

    def answer(self, payload):
        self.closing = payload
        self.peer.sock.settimeout(0.2)
        return True

    def step(self):
        try:
            return super().step()
        except OSError:
            if self.closing is None:
                raise
            return super().answer(self.closing)


@flaw
class HalfFrame(Closer):
    """the echo is cut off by the answer to a Close"""

    def message(self, kind, payload):
        if len(payload) < 1000 or len(self.peer.buffer) == 0:
            return super().message(kind, payload)
        half = common.frame(kind, payload)[:len(payload) // 2]
        self.peer.send(half, common.close_frame(1000))
        return self.end()


@flaw
class EchoesAnyCode(Closer):
    """a Close is returned as it came"""

    def answer(self, payload):
        self.peer.send(common.frame(CLOSE, payload))
        return self.end()


@flaw
class NamesAnExtension(Closer):
    """it says 1010, which is the client's to say"""

    def fail(self, code):
        return super().fail(1010)


@flaw
class EchoesHalves(Closer):
    """a Close inside a message: what came of the message is returned first"""

    def answer(self, payload):
        if self.open_message is not None:
            self.peer.send(common.frame(self.open_message, self.text))
        return super().answer(payload)


def serve_one(sock):
    with sock:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer.read(sock, 1 << 30)
            if peer is not None:
                ALL[peer.name](peer).serve()
        except (OSError, KeyError):
            pass


def main():
    p = common.parser(__doc__)
    p.formatter_class = argparse.RawDescriptionHelpFormatter
    args = p.parse_args()
    common.stop_on_request(args)
    listener = common.listener(args.port)
    common.announce(listener)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve_one, args=(sock,), daemon=True).start()


if __name__ == "__main__":
    main()
