"""A WebSocket client of octets, for the tests of our own servers: it sends any octets
and returns whatever comes. Standard library only; no line of the driver's codec."""

import base64
import dataclasses
import os
import re
import socket
import struct
import time
import zlib

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

HI = "h\u00e9 \U0001f600"  # characters of one, two and four octets


def frame(opcode, payload=b"", fin=True, rsv=0, mask=b"\x37\xfa\x21\x3d", declared=None):
    length = len(payload) if declared is None else declared
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if mask else 0
    if length < 126:
        head += bytes([bit | length])
    elif length < 65536:
        head += struct.pack("!BH", bit | 126, length)
    else:
        head += struct.pack("!BQ", bit | 127, length)
    if not mask:
        return head + payload
    key = (mask * (len(payload) // 4 + 1))[:len(payload)]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(
        len(payload), "big") if payload else b""
    return head + mask + masked


def text(payload, **header):
    return frame(TEXT, payload, **header)


def close(code=1000, reason=b""):
    return frame(CLOSE, struct.pack("!H", code) + reason)


def deflated(payload, opcode=TEXT, compressor=None, **header):
    """A compressed message in one frame; a shared compressor carries the context on."""
    compressor = compressor or zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return frame(opcode, stream[:-4], rsv=4, **header)


@dataclasses.dataclass
class Frame:
    opcode: int
    payload: bytes
    fin: bool = True
    rsv: int = 0
    masked: bool = False

    @property
    def code(self):
        return struct.unpack("!H", self.payload[:2])[0] if len(self.payload) >= 2 else None

    @property
    def reason(self):
        return self.payload[2:]


class Refused(Exception):
    def __init__(self, status, head):
        super().__init__(status)
        self.status = status
        self.head = head


class Client:
    """with Client(port, "/?fault=x") as c: c.send(text(b"\\xff")); c.until_close()"""

    def __init__(self, port, path="/", headers=(), timeout=5, receive_buffer=None):
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.end = None  # "eof" or "reset"
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket",
                 "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
                 *headers]
        try:
            self.sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
            while b"\r\n\r\n" not in self.buffer:
                if not self._more():
                    raise Refused(None, self.buffer)
        except BaseException:
            self.sock.close()
            raise
        self.head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status = re.match(rb"HTTP/1\.1 (\d{3})", self.head)
        if not status or status.group(1) != b"101":
            self.sock.close()
            raise Refused(int(status.group(1)) if status else None, self.head)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def _more(self):
        try:
            got = self.sock.recv(1 << 20)
        except ConnectionError:
            self.end = "reset"
            return False
        if not got:
            self.end = "eof"
        self.buffer += got
        return bool(got)

    def send(self, *octets):
        """All in one write. A connection that is gone shows when it is read."""
        try:
            self.sock.sendall(b"".join(octets))
        except ConnectionError:
            pass

    def _take(self):
        b = self.buffer
        if len(b) < 2:
            return None
        length, at = b[1] & 127, 2
        if length == 126:
            if len(b) < 4:
                return None
            length, at = struct.unpack("!H", b[2:4])[0], 4
        elif length == 127:
            if len(b) < 10:
                return None
            length, at = struct.unpack("!Q", b[2:10])[0], 10
        if b[1] & 128:
            at += 4
        if len(b) < at + length:
            return None
        self.buffer = b[at + length:]
        payload = b[at:at + length]
        if b[1] & 128:
            key = b[at - 4:at]
            payload = bytes(o ^ key[i & 3] for i, o in enumerate(payload))
        return Frame(b[0] & 15, payload, bool(b[0] & 128), b[0] >> 4 & 7, bool(b[1] & 128))

    def receive(self, timeout=5):
        """The next frame; None at the end of stream (see .end); TimeoutError."""
        deadline = time.monotonic() + timeout
        while True:
            got = self._take()
            if got is not None:
                return got
            self.sock.settimeout(max(0.001, deadline - time.monotonic()))
            if not self._more():
                return None

    def all(self, timeout=5):
        """Every frame up to the end of stream, or up to the timeout (then .end is None)."""
        frames = []
        deadline = time.monotonic() + timeout
        try:
            while (got := self.receive(max(0.001, deadline - time.monotonic()))) is not None:
                frames.append(got)
        except TimeoutError:
            pass
        return frames


def summary(frames, end):
    """What came, in short: T:68 B:ff P:70 C1007 (L = a Close without code), then the end."""
    words = []
    for f in frames:
        marks = ("" if f.fin else "-") + (f"r{f.rsv}" if f.rsv else "") + ("m" if f.masked else "")
        kind = {TEXT: "T", BINARY: "B", PONG: "P", PING: "I", CONT: "+"}.get(f.opcode)
        if f.opcode == CLOSE:
            words.append(f"C{f.code if f.code is not None else f.payload.hex() or '-'}{marks}")
        else:
            words.append(f"{kind or f.opcode}{marks}:{f.payload.hex()}")
    return " ".join(words + [end or "open"])
