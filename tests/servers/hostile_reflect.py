"""Servers that send back what they were given: credentials, cookies, tokens, in every form."""

import base64
import itertools
import json
import re
import urllib.parse

import common
from hostile_wire import BINARY, CLOSE, TEXT, collection, echo

ALL, behaviour = collection()

NUMBERS = itertools.count(1)


def values(peer):
    """Every header value, every parameter of the query, and the words in them."""
    whole = [line.partition(b":")[2].strip() for line in peer.head.split(b"\r\n")[1:]]
    whole += [v.encode() for _, v in urllib.parse.parse_qsl(urllib.parse.urlsplit(peer.target).query)]
    found = []
    for value in whole:
        found.append(value)
        found += [w for w in re.split(rb"[ ;,=]+", value) if len(w) >= 6 and w != value]
    for value in list(found):
        try:
            found.append(base64.b64decode(value, validate=True))
        except ValueError:
            pass
    return [v for v in found if len(v) >= 6]


def forms(peer):
    """Each value as it is and encoded, alone and inside other text."""
    out = [peer.target.encode()]
    for value in values(peer):
        out += [value, b"you sent '" + value + b"'", urllib.parse.quote(value, safe="").encode(),
                base64.b64encode(value), base64.b64encode(b"u:" + value + b"@"),
                base64.urlsafe_b64encode(b"x" + value), value.hex().encode()]
    return out


def one_line(octets):
    return re.sub(rb"[\r\n\0]", b" ", octets)


@behaviour
def reflect_refusal(peer):
    """a 403 with all of it in the reason phrase, headers and the body"""
    line = one_line(b" ".join(forms(peer)))[:20000]
    peer.refuse(b"403 " + line, peer.head, b"Server: " + line, b"WWW-Authenticate: " + line)


@behaviour
def reflect_redirect(peer):
    """a 302 whose Location has the whole query"""
    peer.refuse(b"302 Found", peer.head, b"Location: http://127.0.0.1:1" + peer.target.encode())


@behaviour
def reflect_first_line(peer):
    """no HTTP, but ?n='s form of what came"""
    peer.send(forms(peer)[int(peer.query["n"]) % len(forms(peer))] + b"\r\n\r\n")
    peer.linger()


@behaviour
def reflect_101(peer):
    """a good 101 whose Server header has all of it"""
    peer.send(peer.switching(b"Server: " + one_line(b" ".join(forms(peer)))[:60000]))
    echo(peer)


@behaviour
def reflect_bad_101(peer):
    """a 101 with ?n='s form as its subprotocol"""
    chosen = one_line(forms(peer)[int(peer.query["n"]) % len(forms(peer))])
    peer.send(peer.switching(b"Sec-WebSocket-Protocol: x" + chosen))
    echo(peer)


@behaviour
def reflect_echo(peer):
    """answers each message with one more form, and a login with a token of its own"""
    peer.upgrade()
    everything = forms(peer)
    for opcode, payload in peer.messages():
        if opcode == CLOSE:
            peer.send(common.frame(CLOSE, payload))
            return peer.linger()
        if opcode not in (TEXT, BINARY):
            continue
        if payload.startswith(b'{"login"'):
            token = b"cnry-captured-%d-xyz" % next(NUMBERS)
            everything = [token, b"token " + token, base64.b64encode(b"." + token)] + everything
            peer.send(common.frame(TEXT, json.dumps({"token": token.decode()}).encode()))
            everything += [payload]
            continue
        peer.send(common.frame(BINARY, everything[next(NUMBERS) % len(everything)]))


@behaviour
def reflect_close(peer):
    """Close 1008 with one more form in its reason"""
    peer.upgrade()
    everything = [form for form in forms(peer) if form.isascii()]
    if peer.wait():
        reason = everything[next(NUMBERS) % len(everything)][:123]
        peer.send(common.close_frame(1008, reason))
        peer.linger()
