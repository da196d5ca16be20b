"""What the hostile behaviours are made of: a peer, its frames, floods, and an honest echo."""

import re
import socket
import struct
import urllib.parse

import common

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

# What a terminal, a log or a reader must never meet raw: clear the screen, a title (OSC 0), a link
# (OSC 8), the clipboard (OSC 52), C1 control sequences in UTF-8, a right-to-left override, an
# isolate, a zero-width space, a byte order mark, a fake last line.
NASTY = ("\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\"
         "\x1b]52;c;cm0gLXJm\x07\u009b31m\u0085\u202egnp.exe\u2066\u200b\ufeff\x7f\x08\x00\r\n"
         "0 failed, 999 passed\n")


def collection():
    """A table of behaviours and the decorator that fills it."""
    table = {}

    def behaviour(function):
        table[function.__name__.replace("_", "-")] = function
        return function
    return table, behaviour


class Peer:
    """A client whose request head was read."""

    def __init__(self, sock, head, rest, max_bytes):
        self.sock, self.head, self.buffer, self.max_bytes = sock, head, rest, max_bytes
        words = head.split(b"\r\n")[0].split(b" ")
        self.target = words[1].decode("latin-1") if len(words) > 1 else "/"
        parts = urllib.parse.urlsplit(self.target)
        self.name = parts.path.strip("/")
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))

    @classmethod
    def read(cls, sock, max_bytes):
        head = b""
        while b"\r\n\r\n" not in head and len(head) < 1 << 20:
            got = sock.recv(65536)
            if not got:
                return None
            head += got
        head, _, rest = head.partition(b"\r\n\r\n")
        return cls(sock, head, rest, max_bytes)

    def header(self, name):
        found = re.search(rb"(?im)^" + name + rb":[ \t]*(.*?)[ \t]*\r?$", self.head)
        return found.group(1) if found else b""

    # --- out ------------------------------------------------------------------------------------
    def send(self, *octets):
        self.sock.sendall(b"".join(octets))

    def switching(self, *extra_lines):
        """The 101, with more header lines."""
        whole = common.switching(self.head)
        return whole[:-2] + b"".join(line + b"\r\n" for line in extra_lines) + b"\r\n"

    def upgrade(self, *octets):
        """The 101 and, in the same segment, what follows."""
        self.send(self.switching(), *octets)

    def refuse(self, status, body, *lines):
        self.send(b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n" % len(body),
                  *(line + b"\r\n" for line in lines), b"Connection: close\r\n\r\n", body)
        self.linger()

    def pour(self, chunk):
        """The chunk again and again, until the client closes."""
        sent = 0
        while sent < self.max_bytes:
            self.sock.sendall(chunk)
            sent += len(chunk)

    def linger(self, seconds=5):
        """Ends our side, then reads until the client ends its own."""
        self.sock.shutdown(socket.SHUT_WR)
        self.sock.settimeout(seconds)
        while self.sock.recv(65536):
            pass

    def hush(self):
        """Reads for ever and says nothing."""
        while self.sock.recv(65536):
            pass

    def reset(self):
        """RST, once what was written has left."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    # --- in -------------------------------------------------------------------------------------
    def wait(self):
        """Until the client has sent a frame (or a part of one)."""
        if not self.buffer:
            self.buffer = self.sock.recv(65536)
        return bool(self.buffer)

    def take(self, size):
        while len(self.buffer) < size:
            got = self.sock.recv(65536)
            if not got:
                raise ConnectionError
            self.buffer += got
        out, self.buffer = self.buffer[:size], self.buffer[size:]
        return out

    def frame(self):
        """(first octet, payload) of the next frame."""
        first, second = self.take(2)
        length = second & 127
        if length == 126:
            length = struct.unpack("!H", self.take(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", self.take(8))[0]
        key = self.take(4) if second & 128 else b""
        payload = self.take(length)
        if key and payload:
            mask = (key * (length // 4 + 1))[:length]
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(
                length, "big")
        return first, payload

    def messages(self):
        """(opcode, payload) of each whole message and control frame; pings are answered."""
        kind, parts = TEXT, []
        while True:
            first, payload = self.frame()
            opcode = first & 15
            if opcode >= CLOSE:
                if opcode == PING:
                    self.send(common.frame(PONG, payload))
                yield opcode, payload
                continue
            if opcode != CONT:
                kind, parts = opcode, []
            parts.append(payload)
            if first & 128:
                yield kind, b"".join(parts)


def is_utf8(octets):
    try:
        octets.decode()
        return True
    except UnicodeDecodeError:
        return False


def echo(peer, write=None, change=lambda payload: [payload]):
    """A correct echo server after its 101; `write` sends the octets of a frame, `change` makes of a
    message what is sent back."""
    write = write or peer.send
    for opcode, payload in peer.messages():
        if opcode == CLOSE:
            write(common.frame(CLOSE, payload))
            return peer.linger()
        if opcode == TEXT and not is_utf8(payload):
            write(common.close_frame(1007))
            return peer.linger()
        if opcode in (TEXT, BINARY):
            for answer in change(payload):
                write(common.frame(opcode, answer))


def honest(peer):
    """an honest echo server"""
    peer.upgrade()
    echo(peer)
