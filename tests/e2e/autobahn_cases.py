"""What the cases of Autobahn|Testsuite, sections 1 to 7 and 10, put on the wire: written down from
its description, not from the scenario files that are tested against it.

    CASES["5.4"].frames   the frames that the script sends, masked, in this order
    CASES["5.4"].writes   in how many writes: 1, one for each frame, or "chop" for n octets each
    CASES["5.4"].pauses   a pause before these frames, or inside a frame after so many octets
"""

import dataclasses

from rawws import BINARY, CLOSE, CONT, PING, PONG, TEXT, Frame

FRAMES, CHOP = "frames", "chop"


@dataclasses.dataclass
class Sent:
    frames: list
    writes: object = 1
    pauses: int = 0


def f(opcode, payload=b"", fin=True, rsv=0):
    payload = payload.encode() if isinstance(payload, str) else payload
    return Frame(opcode, payload, fin, rsv, True)


def close(code, reason=b""):
    return f(CLOSE, code.to_bytes(2, "big") + reason)


def cut(opcode, payload, size):
    """Frames of `size` octets; where that divides the length, an empty last one."""
    parts = [payload[i:i + size] for i in range(0, len(payload), size)]
    if len(payload) % size == 0:
        parts.append(b"")
    return [f(CONT if i else opcode, part, i == len(parts) - 1) for i, part in enumerate(parts)]


HELLO, WORLD = "Hello, world!", "Hello World!"
ODD = bytes.fromhex("00fffefdfcfb00ff")
KOSME = bytes.fromhex("cebae1bdb9cf83cebcceb5")
UMLAUTS = bytes.fromhex("48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121")
SURROGATE = KOSME + bytes.fromhex("eda080656469746564")

# Sections 6.5 to 6.23: each payload is one text frame.
UTF8 = """
5 68656c6c6f24776f726c64 68656c6c6fc2a2776f726c64 68656c6c6fe282ac776f726c64
  68656c6c6ff0a4ada2776f726c64 cebae1bdb9cf83cebcceb5
6 ce ceba cebae1 cebae1bd cebae1bdb9 cebae1bdb9cf cebae1bdb9cf83 cebae1bdb9cf83ce cebae1bdb9cf83cebc
  cebae1bdb9cf83cebcce cebae1bdb9cf83cebcceb5
7 00 c280 e0a080 f0908080
8 f888808080 fc8480808080
9 7f dfbf efbfbf f48fbfbf
10 f7bfbfbf fbbfbfbfbf fdbfbfbfbfbf
11 ed9fbf ee8080 efbfbd f48fbfbf f4908080
12 80 bf 80bf 80bf80 80bf80bf 80bf80bf80 80bf80bf80bf 80-be
13 c0-de e0-ee f0-f6 f8-fa fc20
14 c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf
15 c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf
16 fe ff fefeffff
17 c0af e080af f08080af f8808080af fc80808080af
18 c1bf e09fbf f08fbfbf f887bfbfbf fc83bfbfbfbf
19 c080 e08080 f0808080 f880808080 fc8080808080
20 eda080 edadbf edae80 edafbf edb080 edbe80 edbfbf
21 eda080edb080 eda080edbfbf edadbfedb080 edadbfedbfbf edae80edb080 edae80edbfbf edafbfedb080
   edafbfedbfbf
22 efbfbe efbfbf f09fbfbe f09fbfbf f0afbfbe f0afbfbf f0bfbfbe f0bfbfbf f18fbfbe f18fbfbf f19fbfbe
   f19fbfbf f1afbfbe f1afbfbf f1bfbfbe f1bfbfbf f28fbfbe f28fbfbf f29fbfbe f29fbfbf f2afbfbe
   f2afbfbf f2bfbfbe f2bfbfbf f38fbfbe f38fbfbf f39fbfbe f39fbfbf f3afbfbe f3afbfbf f3bfbfbe
   f3bfbfbf f48fbfbe f48fbfbf
23 efbfb9 efbfba efbfbb efbfbc efbfbd efbfbe efbfbf
"""


def payload_of(word, group):
    """"c0-de" is each octet of the range, in section 6.13 with a space after each."""
    if "-" not in word:
        return bytes.fromhex(word)
    first, last = (int(end, 16) for end in word.split("-"))
    return b"".join(bytes([o]) + (b" " if group == "13" else b"") for o in range(first, last + 1))


def utf8_cases():
    cases = {}
    for entry in UTF8.strip().replace("\n ", " ").splitlines():
        group, *words = entry.split()
        for i, word in enumerate(words, 1):
            cases[f"6.{group}.{i}"] = Sent([f(TEXT, payload_of(word, group))])
    return cases


def one_by_one(prefix, frame_lists, first=1):
    return {f"{prefix}.{i}": Sent(frames) for i, frames in enumerate(frame_lists, first)}


def written_three_ways(prefix, first, frames):
    """In one write, a write for each frame, octet by octet."""
    return {f"{prefix}.{first + i}": Sent(frames, writes)
            for i, writes in enumerate((1, FRAMES, CHOP))}


def all_cases():
    cases = utf8_cases()
    # 1: the length classes
    for n, opcode, octet in ((1, TEXT, b"*"), (2, BINARY, b"\xfe")):
        for i, size in enumerate((0, 125, 126, 127, 128, 65535, 65536, 65536), 1):
            cases[f"1.{n}.{i}"] = Sent([f(opcode, octet * size)], CHOP if i == 8 else 1)
    # 2: pings and pongs
    pong, pings = f(PONG, "unsolicited pong payload"), [f(PING, f"payload-{i}") for i in range(10)]
    cases.update(one_by_one("2", (
        [f(PING)], [f(PING, HELLO)], [f(PING, ODD)], [f(PING, b"\xfe" * 125)],
        [f(PING, b"\xfe" * 126)], [f(PING, b"\xfe" * 125)], [f(PONG), close(1000)],
        [pong, close(1000)], [pong, f(PING, "ping payload")], pings, pings)))
    cases["2.6"].writes = cases["2.11"].writes = CHOP
    # 3: reserved bits; 4: reserved opcodes
    def after_hello(*bad):
        return [f(TEXT, HELLO), f(*bad), f(PING)]

    cases.update(one_by_one("3", (
        [f(TEXT, HELLO, True, 1)], after_hello(TEXT, HELLO, True, 2),
        after_hello(TEXT, HELLO, True, 3), after_hello(TEXT, HELLO, True, 4),
        [f(BINARY, ODD, True, 5)], [f(BINARY, HELLO, True, 6)], [f(CLOSE, b"", True, 7)])))
    cases["3.3"].writes, cases["3.4"].writes = FRAMES, CHOP
    for n, op in ((1, 3), (2, 11)):
        cases.update(one_by_one(f"4.{n}", (
            [f(op)], [f(op + 1, "reserved opcode payload")], after_hello(op + 2),
            after_hello(op + 3, HELLO), after_hello(op + 4, HELLO))))
        cases[f"4.{n}.5"].writes = CHOP
    # 5: fragments
    one, two = f(TEXT, "fragment1", False), f(CONT, "fragment2")
    cases.update(one_by_one("5", ([f(PING, "fragment1", False), two],
                                  [f(PONG, "fragment1", False), two])))
    cases.update(written_three_ways("5", 3, [one, two]))
    cases.update(written_three_ways("5", 6, [one, f(PING, "ping payload"), two]))
    for first, fin in ((9, True), (12, False)):
        cases.update(written_three_ways(
            "5", first, [f(CONT, "non-continuation payload", fin), f(TEXT, HELLO)]))
    middle, three = f(TEXT, "fragment2", False), f(CONT, "fragment3")
    cases.update(one_by_one("5", (
        [one, two, f(CONT, "fragment3", False), f(TEXT, "fragment4")],
        [f(CONT, "fragment1", False), middle, three] * 2, [f(CONT, "fragment1"), middle, three] * 2,
        [one, f(TEXT, "fragment2")]), first=15))
    five = [one, f(CONT, "fragment2", False), f(PING, "pongme 1!"), f(CONT, "fragment3", False),
            f(CONT, "fragment4", False), f(PING, "pongme 2!"), f(CONT, "fragment5")]
    cases["5.19"], cases["5.20"] = Sent(five, 2), Sent(five, FRAMES)
    # 6.1 to 6.4
    cases.update(one_by_one("6.1", (
        [f(TEXT)], [f(TEXT, "", False), f(CONT, "", False), f(CONT)],
        [f(TEXT, "", False), f(CONT, "middle frame payload", False), f(CONT)])))
    cases.update(one_by_one("6.2", (
        [f(TEXT, UMLAUTS)], [f(TEXT, UMLAUTS[:15], False), f(CONT, UMLAUTS[15:])],
        cut(TEXT, UMLAUTS, 1), cut(TEXT, KOSME, 1))))
    cases.update(one_by_one("6.3", ([f(TEXT, SURROGATE)], cut(TEXT, SURROGATE, 1))))
    beyond = bytes.fromhex("f4908080656469746564")
    whole = [f(TEXT, KOSME + beyond, False), f(CONT)]
    cases.update(one_by_one("6.4", (
        [f(TEXT, KOSME, False), f(CONT, beyond[:4], False), f(CONT, beyond[4:])],
        [f(TEXT, KOSME + beyond[:1], False), f(CONT, beyond[1:2], False), f(CONT, beyond[2:])],
        whole, whole)))
    for i in range(1, 5):
        cases[f"6.4.{i}"].writes, cases[f"6.4.{i}"].pauses = 3, 2
    # 7: closing
    cases.update(one_by_one("7.1", (
        [f(TEXT, WORLD)], [close(1000), f(CLOSE)], [close(1000), f(PING)],
        [close(1000), f(TEXT, WORLD)], [one, close(1000), two],
        [f(TEXT, (b"BAsd7&jh23" * 26215)[:262144]), f(TEXT, WORLD), close(1000), f(PING)])))
    cases.update(one_by_one("7.3", (
        [f(CLOSE)], [f(CLOSE, "a")], [close(1000)], [close(1000, WORLD.encode())],
        [close(1000, b"*" * 123)], [close(1000, b"*" * 124)])))
    cases["7.5.1"] = Sent([close(1000, SURROGATE)])
    for n, codes in ((7, (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000,
                          4999)),
                     (9, (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)), (13, (5000, 65535))):
        cases.update(one_by_one(f"7.{n}", [[close(code)] for code in codes]))
    # 10: cut by the sender itself
    cases["10.1.1"] = Sent(cut(TEXT, b"*" * 65536, 1300))
    return cases


CASES = all_cases()
