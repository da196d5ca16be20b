"""Hostile answers to the opening handshake."""

import random
import time

import common
from hostile_wire import NASTY, TEXT, collection, echo

ALL, behaviour = collection()

OTHER_KEY = b"GET / HTTP/1.1\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="


@behaviour
def silent(peer):
    """takes the request and never answers"""
    peer.hush()


@behaviour
def reset_at_once(peer):
    """RST as soon as the request is there"""
    peer.reset()


@behaviour
def end_at_once(peer):
    """FIN as soon as the request is there"""
    peer.linger()


@behaviour
def garbage(peer):
    """random octets instead of HTTP, without end"""
    peer.pour(random.Random(1).randbytes(65536))


@behaviour
def tls_alert(peer):
    """a TLS port's answer to plain text: alert 70, protocol version"""
    peer.send(bytes.fromhex("15030100020246"))
    peer.linger()


@behaviour
def http2(peer):
    """an HTTP/2 server's SETTINGS frame"""
    peer.send(bytes.fromhex("00000c040000000000 000300000064 000400100000"))
    peer.linger()


@behaviour
def status_garbage(peer):
    """a status line whose status is no number"""
    peer.send(b"HTTP/1.1 \x1b[31mOK \xff\x9b\r\n\r\n")
    peer.linger()


@behaviour
def endless_line(peer):
    """a 101 with a header line that never ends"""
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\nX-Filler: ")
    peer.pour(b"x" * 65536)


@behaviour
def endless_headers(peer):
    """a 101 with header lines without end"""
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\n")
    peer.pour((b"X-Filler: " + b"x" * 500 + b"\r\n") * 100)


@behaviour
def megabyte_of_headers(peer):
    """a good 101 but for 1 MB of header lines"""
    peer.send(peer.switching(*[b"X-Filler-%d: " % n + b"x" * 1000 for n in range(1000)]))
    echo(peer)


@behaviour
def many_headers(peer):
    """a good 101 but for 300 short header lines"""
    peer.send(peer.switching(*[b"X-%d: x" % n for n in range(300)]))
    echo(peer)


@behaviour
def wrong_accept(peer):
    """a 101 whose Sec-WebSocket-Accept answers another key"""
    peer.send(common.switching(OTHER_KEY))
    echo(peer)


@behaviour
def no_accept(peer):
    """a 101 without Sec-WebSocket-Accept"""
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
              b"Connection: Upgrade\r\n\r\n")
    echo(peer)


@behaviour
def two_accepts(peer):
    """a 101 with the right Sec-WebSocket-Accept and then another one"""
    peer.send(peer.switching(b"Sec-WebSocket-Accept: " + common.accept_key(b"another")))
    echo(peer)


@behaviour
def folded_header(peer):
    """a 101 with a header folded over two lines"""
    peer.send(peer.switching(b"X-Folded: one", b"  two"))
    echo(peer)


@behaviour
def nasty_name(peer):
    """a 101 with a header name of terminal escapes"""
    peer.send(peer.switching(b"X\x1b[2J\x9b31m\x07\xe2\x80\xae: x"))
    echo(peer)


@behaviour
def nasty_value(peer):
    """a good 101 whose Server header holds escapes, C1, bidi controls and no UTF-8"""
    value = NASTY.replace("\r", "").replace("\n", "").replace("\0", "").encode()
    peer.send(peer.switching(b"Server: " + value + b"\x9b31m\xff\xfe end"))
    echo(peer)


@behaviour
def nul_in_value(peer):
    """a 101 with a NUL and an escape in a header's value"""
    peer.send(peer.switching(b"X-Nul: a\0\x1b[2Jb"))
    echo(peer)


@behaviour
def bare_cr(peer):
    """a 101 with a line hidden after a bare CR"""
    peer.send(peer.switching(b"X-One: 1\rSec-WebSocket-Extensions: hidden"))
    echo(peer)


@behaviour
def drip(peer):
    """the 101, one octet each 100 ms: longer than anybody waits"""
    for octet in peer.switching(b"X-Filler: " + b"x" * 1000):
        peer.send(bytes([octet]))
        time.sleep(0.1)


@behaviour
def early_hints(peer):
    """a 100 and two 103, then a good 101: lawful (RFC 9110 15.2)"""
    peer.send(b"HTTP/1.1 100 Continue\r\n\r\n" +
              b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" * 2, peer.switching())
    echo(peer)


@behaviour
def interim_flood(peer):
    """1xx answers without end"""
    peer.pour(b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" * 1000)


@behaviour
def redirect(peer):
    """a 302 to ?to=URL"""
    peer.refuse(b"302 Found", b"elsewhere\n", b"Location: " + peer.query["to"].encode())


@behaviour
def endless_body(peer):
    """a 200 with a body that never ends"""
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    peer.pour(b"<p>" + b"x" * 65533)


@behaviour
def forbidden(peer):
    """a plain 403"""
    peer.refuse(b"403 Forbidden", b"origin not allowed\n")


@behaviour
def gzip_bomb(peer):
    """a 403 with a compressed body of 10 MB of zeros"""
    import gzip
    peer.refuse(b"403 Forbidden", gzip.compress(bytes(10 << 20)), b"Content-Encoding: gzip")


@behaviour
def nasty_refusal(peer):
    """a 403 with escapes in its reason phrase, a header and the body"""
    text = NASTY.encode() + b"\x9b\xff"
    line = text.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
    peer.refuse(b"403 " + line, text, b"WWW-Authenticate: " + line)


@behaviour
def old_version(peer):
    """a good 101 but for HTTP/1.0"""
    peer.send(peer.switching().replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    echo(peer)


@behaviour
def extension(peer):
    """a 101 with an extension that was not offered"""
    peer.send(peer.switching(b"Sec-WebSocket-Extensions: x-\x1b[2J"))
    echo(peer)


@behaviour
def subprotocol(peer):
    """a 101 with a subprotocol that was not offered"""
    peer.send(peer.switching(b"Sec-WebSocket-Protocol: v9"))
    echo(peer)


@behaviour
def frame_with_101(peer):
    """an unasked text in the segment of the 101, then an honest echo"""
    peer.upgrade(common.frame(TEXT, b"welcome"))
    echo(peer)


@behaviour
def endless_status_line(peer):
    """a status line that never ends"""
    peer.send(b"HTTP/1.1 101 ")
    peer.pour(b"Switching" * 8000)


@behaviour
def hundred_thousand_headers(peer):
    """a good 101 but for 100,000 short header lines"""
    peer.send(peer.switching(*[b"X-%d: x" % n for n in range(100000)]))
    echo(peer)


@behaviour
def long_header(peer):
    """a good 101 with one header line of 60,000 octets: lawful"""
    peer.send(peer.switching(b"Set-Cookie: a=" + b"x" * 60000))
    echo(peer)


@behaviour
def reason(peer):
    """a 101 with the octets ?hex= in its reason phrase"""
    peer.send(peer.switching().replace(b"Switching", bytes.fromhex(peer.query["hex"]), 1))
    echo(peer)


@behaviour
def upgrade_value(peer):
    """a 101 whose Upgrade header ends in the octets ?hex="""
    peer.send(peer.switching().replace(b"websocket", b"websocket" + bytes.fromhex(peer.query["hex"]), 1))
    echo(peer)


@behaviour
def first_line(peer):
    """?text= in place of a status line: the greeting of another protocol"""
    peer.send(peer.query["text"].encode() + b"\r\n")
    peer.hush()


@behaviour
def http2_preface(peer):
    """an HTTP/2 client's preface"""
    peer.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    peer.linger()


@behaviour
def two_switchings(peer):
    """the 101 twice"""
    peer.upgrade(peer.switching())
    peer.linger()


@behaviour
def http_after_101(peer):
    """the 101, and an answer in HTTP to the first message"""
    peer.upgrade()
    if peer.wait():
        peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        peer.linger()


@behaviour
def head_cut(peer):
    """the first ?at= octets of a 101 (counted from its end if negative), then FIN or ?end=rst"""
    peer.send(peer.switching()[:int(peer.query["at"])])
    if peer.query.get("end") == "rst":
        time.sleep(0.05)
        peer.reset()
    else:
        peer.linger()


@behaviour
def reset_after_101(peer):
    """RST after the 101"""
    peer.upgrade()
    time.sleep(0.05)
    peer.reset()


@behaviour
def header_drip(peer):
    """a 101 with a header line each 50 ms, without end"""
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        peer.send(b"X-Filler: x\r\n")
        time.sleep(0.05)


@behaviour
def interim_drip(peer):
    """a 103 each 100 ms, without end"""
    while True:
        peer.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        time.sleep(0.1)


@behaviour
def body_drip(peer):
    """a 200 with a body that comes octet by octet, without end"""
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        peer.send(b"x")
        time.sleep(0.05)


@behaviour
def chunks_without_end(peer):
    """a 403 whose chunked body never ends"""
    peer.send(b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n")
    peer.pour((b"1000\r\n" + b"x" * 4096 + b"\r\n") * 16)


@behaviour
def body_of(peer):
    """a 403 that announces a body of ?length= octets and sends none"""
    peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: " + peer.query["length"].encode() +
              b"\r\n\r\n")
    peer.hush()


@behaviour
def status(peer):
    """the status ?code=, with Retry-After: ?retry="""
    peer.refuse(peer.query["code"].encode() + b" Later", b"not now\n",
                b"Retry-After: " + peer.query.get("retry", "1").encode())


@behaviour
def redirect_to_itself(peer):
    """a 302 to the very same target"""
    peer.refuse(b"302 Found", b"", b"Location: " + peer.target.encode())
