"""What ./dev bench sends through relays: 101, then all that comes is read and dropped. A read that ends
with a ping or a Close of ours is answered. Ends with its standard input."""

import base64
import hashlib
import re
import socket
import sys
import threading

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def serve(sock):
    with sock:
        head = b""
        while b"\r\n\r\n" not in head:
            got = sock.recv(65536)
            if not got:
                return
            head += got
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head).group(1)
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        buffer = bytearray(1 << 20)
        while size := sock.recv_into(buffer):
            if size >= 8 and buffer[size - 8:size - 6] == b"\x88\x82":
                sock.sendall(b"\x88\x02\x03\xe8")
            elif size >= 10 and buffer[size - 10:size - 8] == b"\x89\x84":
                sock.sendall(b"\x8a\x04ping")


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)

    def accept():
        while True:
            sock, _ = listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(sock,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


main()
