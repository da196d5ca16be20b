#!/usr/bin/python3
"""A TLS server whose connections end in one way or another. After the opening handshake it answers
the first frame as --mode says."""

import socket
import ssl

import common

MODES = {
    "close-notify": "Close 1007, the client's Close, close_notify, FIN",
    "truncate": "Close 1007, the client's Close, FIN",
    "drop-notify": "close_notify, FIN",
    "drop-truncate": "FIN",
    "flood": "text frames without end",
    "drop-handshake": "FIN after the ClientHello",
    "reset-handshake": "RST after the ClientHello",
    "stall-handshake": "nothing after the ClientHello",
    "old": "speaks TLS 1.1 only",
}


def read_head(tls):
    head = b""
    while b"\r\n\r\n" not in head:
        got = tls.recv(4096)
        if not got:
            return None
        head += got
    return head.partition(b"\r\n\r\n")[0]


def end(tls, mode):
    if mode in ("close-notify", "drop-notify"):
        tls.setblocking(False)  # unwrap() says close_notify and would wait for the answer
        try:
            tls.unwrap()
        except ssl.SSLWantReadError:
            pass
    tls.shutdown(socket.SHUT_WR)
    tls.setblocking(True)
    tls.settimeout(5)
    try:
        while socket.socket.recv(tls, 4096):
            pass
    except OSError:
        pass


def serve_one(sock, context, args):
    with sock:
        try:
            if args.mode.endswith("-handshake"):
                sock.recv(4096)
                if args.mode.startswith("stall"):
                    while sock.recv(4096):
                        pass
                if args.mode.startswith("reset"):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1] + [0] * 7))
                return
            with context.wrap_socket(sock, server_side=True) as tls:
                head = read_head(tls)
                if head is None:
                    return
                tls.sendall(common.switching(head))
                tls.recv(4096)
                while args.mode == "flood":
                    tls.sendall(common.frame(1, b"flood " * 20) * 512)
                if not args.mode.startswith("drop"):
                    tls.sendall(common.close_frame(1007))
                    tls.recv(4096)
                end(tls, args.mode)
        except OSError:
            pass


def main():
    p = common.parser(__doc__)
    common.add_tls(p)
    p.add_argument("--mode", choices=sorted(MODES), required=True,
                   help="; ".join(f"{name}: {what}" for name, what in MODES.items()))
    args = p.parse_args()
    context = common.tls(args)
    if args.mode == "old":
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    common.serve(args, lambda sock: serve_one(sock, context, args))


if __name__ == "__main__":
    main()
