"""faulty.mjs is right by default, and each of its faults shows as itself, octet by octet."""

import concurrent.futures
import re
import time
import unittest
import zlib

from faultplan import fault_list
from harness import Server
from rawws import (BINARY, CLOSE, CONT, HI, PING, PONG, TEXT, Client, Refused, close, deflated,
                   frame, summary, text)

OFFER = ("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",)
BAD = text(b"ab\xff\xfecd")


class Faulty(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("faulty.mjs").start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()


class FaultyByDefault(Faulty):
    """Without a fault it is strict, fail-fast and right."""

    def exchange(self, *octets, path="/", headers=()):
        with Client(self.server.port, path, headers) as c:
            c.send(*octets)
            frames = c.all(3)
            self.end = c.end
            return frames

    def assertCloses(self, frames, code):
        self.assertTrue(frames, "nothing came")
        self.assertEqual([f.opcode for f in frames].count(CLOSE), 1, frames)
        self.assertEqual((frames[-1].opcode, frames[-1].code), (CLOSE, code), frames)
        self.assertEqual(self.end, "eof")

    def assertEchoes(self, payload, *octets, **more):
        frames = self.exchange(*octets, close(), **more)
        self.assertCloses(frames, 1000)
        self.assertEqual([f.payload for f in frames if f.opcode == TEXT], [payload])

    VALID = ["00", "7f", "efbbbf6869", "007fc280dfbfe0a080efbfbff0908080f48fbfbf", "ed9fbfee8080",
             "efb790efbfbef09fbfbf", "efbfbd", "65cc81", "e280ae616263e281a6", "636166c383c2a9"]
    INVALID = [("c080", 0), ("c0af", 0), ("c1bf", 0), ("e08080", 1), ("e09fbf", 1), ("f0808080", 1),
               ("f08fbfbf", 1), ("f880808080", 0), ("fc8080808080", 0), ("eda080", 1),
               ("edbfbf", 1), ("48c3a9eda0bd21", 4), ("f4908080", 1), ("f5808080", 0),
               ("f888808080", 0), ("fe", 0), ("ff", 0), ("80", 0), ("bf", 0), ("c3a9a9", 2),
               ("c328", 1), ("e228a1", 1), ("e28228", 2), ("f0288cbc", 1), ("f0908c28", 3),
               ("c3c3a9", 1), ("f09f98c3a9", 3)]
    CUT = ["c3", "e2", "e282", "f0", "f09f", "f09f98", "68656c6c6ff09f98"]

    def test_valid_text(self):
        for hexa in self.VALID:
            with self.subTest(hexa):
                self.assertEchoes(bytes.fromhex(hexa), text(bytes.fromhex(hexa)))

    def test_every_code_point(self):
        everything = "".join(chr(c) for c in range(0x110000)
                             if not 0xD800 <= c < 0xE000).encode()
        self.assertEqual(len(everything), 4382592)
        self.assertEchoes(everything, text(everything))
        step = 4093
        parts = [everything[i:i + step] for i in range(0, len(everything), step)]
        self.assertEchoes(everything, text(parts[0], fin=False),
                          *[frame(CONT, p, fin=False) for p in parts[1:]], frame(CONT))

    def test_invalid_text(self):
        for hexa, _ in self.INVALID:
            for payload in (bytes.fromhex(hexa), b"ab" + bytes.fromhex(hexa) + b"cd"):
                with self.subTest(payload):
                    self.assertCloses(self.exchange(text(payload)), 1007)
        for hexa in self.CUT:
            with self.subTest(hexa):
                self.assertCloses(self.exchange(text(bytes.fromhex(hexa))), 1007)

    def test_the_proving_octet_decides(self):
        for hexa, proves in self.INVALID:
            with self.subTest(hexa), Client(self.server.port) as c:
                whole = frame(TEXT, bytes.fromhex(hexa).ljust(200, b"x"))
                c.send(whole[:8 + proves])  # header 4, key 4, and the octets before the proof
                with self.assertRaises(TimeoutError):
                    c.receive(0.05)
                c.send(whole[8 + proves:9 + proves])
                self.assertEqual(c.receive(1).code, 1007)

    def test_characters_cut_by_frames_pings_and_tcp(self):
        smile = "\U0001f600".encode()
        cuts = [[smile[:i], smile[i:]] for i in (1, 2, 3)] + [[smile[i:i + 1] for i in range(4)]]
        for parts in cuts:
            with self.subTest(parts):
                self.assertEchoes(smile, text(parts[0], fin=False), frame(PING, b"\xff"),
                                  frame(CONT, b"", fin=False),
                                  *[frame(CONT, p, fin=False) for p in parts[1:]], frame(CONT))
        with Client(self.server.port) as c:
            for octet in text(smile) + close():
                c.send(bytes([octet]))
                time.sleep(0.001)
            self.assertEqual([f.opcode for f in c.all(2)], [TEXT, CLOSE])

    def test_state_is_not_carried(self):
        self.assertCloses(self.exchange(text(b"\xe2\x82"), text(b"\xac")), 1007)
        self.assertCloses(self.exchange(text(b"\xe2\x82", fin=False), frame(CONT)), 1007)

    def test_nothing_after_the_fault_is_answered(self):
        frames = self.exchange(text(b"ok"), text(b"\xff"), text(b"ok2"), frame(PING), text(b"\x80"))
        self.assertEqual([f.opcode for f in frames], [TEXT, CLOSE])
        frames = self.exchange(close(1000), text(b"\xff"))
        self.assertEqual([(f.opcode, f.code) for f in frames], [(CLOSE, 1000)])

    def test_binary_and_pings_are_not_text(self):
        frames = self.exchange(frame(BINARY, b"\xff\xfe"), frame(PING, b"\xff\xfe\xfd"), close())
        self.assertEqual([(f.opcode, f.payload) for f in frames[:2]],
                         [(BINARY, b"\xff\xfe"), (PONG, b"\xff\xfe\xfd")])

    def test_closing(self):
        for octets, code in [
                (close(1000), 1000), (close(1000, "\ufeff\0\uffff".encode()), 1000),
                (close(3000, b"x" * 123), 3000), (close(4999), 4999), (close(1014), 1014),
                (frame(CLOSE, b"\x03"), 1002), (close(999), 1002), (close(1004), 1002),
                (close(1005), 1002), (close(1006), 1002), (close(1015), 1002), (close(2999), 1002),
                (close(5000), 1002), (close(1000, b"\x80"), 1007), (close(1000, b"caf\xe9"), 1007),
                (close(1000, b"x" * 120 + b"\xf0\x9f\x98"), 1007), (close(1007, b"\x80"), 1007),
                (text(b"a", fin=False) + close(1000, b"\xff"), 1007)]:
            with self.subTest(octets):
                self.assertCloses(self.exchange(octets), code)
        frames = self.exchange(frame(CLOSE))
        self.assertEqual([(f.opcode, f.payload) for f in frames], [(CLOSE, b"")])

    def test_framing(self):
        for octets in (text(b"x", rsv=1), text(b"x", rsv=4), frame(PING, rsv=2), frame(3),
                       frame(11), frame(PING, b"x" * 126), frame(PING, fin=False), frame(CONT),
                       text(b"x", mask=None), text(b"x", fin=False) + text(b"y"),
                       bytes.fromhex("81fe0001 00000000 78"),
                       bytes.fromhex("81ff0000000000000001 00000000 78"),
                       bytes.fromhex("81ff8000000000000001 00000000 78")):
            with self.subTest(octets):
                self.assertCloses(self.exchange(octets), 1002)
        self.assertCloses(self.exchange(frame(TEXT, b"x", declared=64 * 1024 * 1024 + 1)), 1009)

    def test_deflate(self):
        with Client(self.server.port, headers=OFFER) as c:
            self.assertIn(b"permessage-deflate", c.head)
            shared = zlib.compressobj(9, zlib.DEFLATED, -15)
            c.send(deflated(b"\xff\xfe" * 50, BINARY, shared), deflated(HI.encode(), TEXT, shared))
            for opcode, payload in ((BINARY, b"\xff\xfe" * 50), (TEXT, HI.encode())):
                got = c.receive()
                inflate = zlib.decompressobj(-15)
                self.assertEqual((got.opcode, got.rsv), (opcode, 4))
                self.assertEqual(inflate.decompress(got.payload + b"\0\0\xff\xff"), payload)
            c.send(deflated(b"Hi \xff\xfe", TEXT, shared))
            self.assertEqual(c.receive().code, 1007)
        for bad in (deflated(b"Hi\xff"), deflated(b"\xe2\x82"), text(b"\xff"),
                    text(b"\x06", rsv=4)):
            with self.subTest(bad):
                self.assertCloses(self.exchange(bad, headers=OFFER), 1007)

    def test_handshake(self):
        with self.assertRaises(Refused) as refused:
            Client(self.server.port, "/?fault=no-such-fault")
        self.assertEqual(refused.exception.status, 400)
        with self.assertRaises(Refused) as refused:  # a second one
            Client(self.server.port, headers=("Sec-WebSocket-Version: 13",))
        self.assertEqual(refused.exception.status, 400)


class EachFault(Faulty):
    """Rows: fault, octets to send, what must come."""

    # The server without a fault must answer otherwise, or the row shows nothing.
    ROWS = [
        ("no-utf8", BAD + close(), "T:6162fffe6364 C1000 eof"),
        ("allow-overlong", text(b"\xc0\xaf\xe0\x80\xaf\xf0\x8f\xbf\xbf") + close(),
         "T:c0afe080aff08fbfbf C1000 eof"),
        ("allow-overlong", text(bytes.fromhex("f880808080fc8080808080")) + close(),
         "T:f880808080fc8080808080 C1000 eof"),
        ("allow-surrogates", text(b"\xed\xa0\x80\xed\xbf\xbf") + close(),
         "T:eda080edbfbf C1000 eof"),
        ("allow-above-10ffff", text(bytes.fromhex("f4908080f7bfbfbff888808080fdbfbfbfbfbf"))
         + close(), "T:f4908080f7bfbfbff888808080fdbfbfbfbfbf C1000 eof"),
        ("allow-lone-continuation", text(b"\x80a\xbf") + close(), "T:8061bf C1000 eof"),
        ("allow-broken", text(b"\xe2\x28\xa1"[:2] + b"x") + close(), "T:e22878 C1000 eof"),
        ("allow-fe-ff", BAD + close(), "T:6162fffe6364 C1000 eof"),
        ("allow-truncated", text(b"a\xf0\x9f") + close(), "T:61f09f C1000 eof"),
        ("block-16", text(b"x" * 16 + b"\xff") + close(), "T:" + "78" * 16 + "ff C1000 eof"),
        ("block-border", text(b"x" * 15 + b"\xed\xa0\x80") + close(),
         "T:" + "78" * 15 + "eda080 C1000 eof"),
        ("utf8-first-64", text(b"x" * 64 + b"\xff") + close(), "T:" + "78" * 64 + "ff C1000 eof"),
        ("utf8-skip-last-octet", text(b"x\xff") + close(), "T:78ff C1000 eof"),
        ("utf8-only-first-frame", text(b"x", fin=False) + frame(CONT, b"\xff") + close(),
         "T:78ff C1000 eof"),
        ("empty-final-unchecked", text(b"\xe2", fin=False) + frame(CONT) + close(),
         "T:e2 C1000 eof"),
        ("carry-state", text(b"\xe2\x82") + text(b"\xac") + close(), "T:e282 T:ac C1000 eof"),
        ("close-reason-unchecked", close(1001, b"\xff"), "C1000 eof"),
        ("reject-all", text(b"x"), "C1007 eof"),
        ("reject-non-ascii", text(b"\xc3\xa9"), "C1007 eof"),
        ("reject-nul", text(b"a\0"), "C1007 eof"),
        ("reject-controls", text(b"\xc2\x85"), "C1007 eof"),
        ("reject-fffd", text(b"\xef\xbf\xbd"), "C1007 eof"),
        ("reject-nonchar", text(b"\xef\xb7\x90"), "C1007 eof"),
        ("reject-astral", text(b"\xf0\x9f\x98\x80"), "C1007 eof"),
        ("reject-bom", text(b"a\xef\xbb\xbf"), "C1007 eof"),
        ("off-by-one", text(b"\xed\x9f\xbf"), "C1007 eof"),
        ("sniff", text(b"z+AN9sNA-"), "C1007 eof"),
        ("utf8-per-frame", text(b"\xc3", fin=False) + frame(CONT, b"\xa9"), "C1007 eof"),
        ("ping-resets-utf8", text(b"\xe2", fin=False) + frame(PING) + frame(CONT, b"\x82\xac"),
         "P: C1007 eof"),
        ("empty-resets-utf8", text(b"\xe2", fin=False) + frame(CONT, fin=False)
         + frame(CONT, b"\x82\xac"), "C1007 eof"),
        ("impatient", text(b"\xe2", fin=False), "C1008 eof"),
        ("ping-checked-as-utf8", frame(PING, b"\xff"), "C1007 eof"),
        ("binary-checked-as-text", frame(BINARY, b"\xff"), "C1007 eof"),
        ("big-limit-64k", frame(TEXT, declared=65537), "C1009 eof"),
        ("fragment-limit-1000", text(b"", fin=False) + frame(CONT, fin=False) * 1000, "C1008 eof"),
        ("replace", BAD + close(), "T:6162efbfbdefbfbd6364 C1000 eof"),
        ("strip-invalid", BAD + close(), "T:61626364 C1000 eof"),
        ("latin1-repair", BAD + close(), "T:6162c3bfc3be6364 C1000 eof"),
        ("strip-bom", text(b"\xef\xbb\xbfa\xef\xbb\xbf") + close(), "T:61efbbbf C1000 eof"),
        ("strip-feff", text(b"\xef\xbb\xbfa\xef\xbb\xbf") + close(), "T:61 C1000 eof"),
        ("stop-at-nul", text(b"a\0b") + close(), "T:61 C1000 eof"),
        ("normalise-nfc", text(b"e\xcc\x81") + close(), "T:c3a9 C1000 eof"),
        ("strip-invisible", text("a\u202eb\u200bc\x85".encode()) + close(), "T:616263 C1000 eof"),
        ("fix-double-encoding", text(b"caf\xc3\x83\xc2\xa9") + close(), "T:636166c3a9 C1000 eof"),
        ("crlf-to-lf", text(b"a\r\nb") + close(), "T:610a62 C1000 eof"),
        ("echo-truncated", text(b"abc") + close(), "T:6162 C1000 eof"),
        ("echo-twice", text(b"a") + close(), "T:61 T:61 C1000 eof"),
        ("echo-missing", text(b"a") + close(), "C1000 eof"),
        ("text-as-binary", text(b"a") + close(), "B:61 C1000 eof"),
        ("binary-as-text", frame(BINARY, b"\xff") + close(), "T:ff C1000 eof"),
        ("pong-missing", frame(PING, b"a") + close(), "C1000 eof"),
        ("pong-empty", frame(PING, b"a") + close(), "P: C1000 eof"),
        ("utf8-late", text(b"\xff", fin=False) + frame(PING) + frame(CONT), "P: C1007 eof"),
        ("code-1002", BAD, "C1002 eof"),
        ("code-1003", BAD, "C1003 eof"),
        ("code-1011", BAD, "C1011 eof"),
        ("code-1000", BAD, "C1000 eof"),
        ("code-4711", close(1000, b"\xff"), "C4711 eof"),
        ("wrong-code-1006-sent", BAD, "C1006 eof"),
        ("drop-on-invalid", BAD, "eof"),
        ("reset-on-invalid", BAD, "reset"),
        ("hang-on-invalid", BAD + frame(PING), "open"),
        ("ignore-invalid", BAD + frame(PING) + text(b"a") + close(), "P: T:61 C1000 eof"),
        ("echo-then-close", BAD, "T:6162fffe6364 C1007 eof"),
        ("processed-after-fault", BAD + text(b"a") + frame(PING), "T:61 P: C1007 eof"),
        ("double-close", BAD, "C1007 C1007 eof"),
        ("data-after-close", BAD, "C1007 T:6c617465 eof"),
        ("text-after-close", close() + text(b"\xff"), "C1000 C1007 eof"),
        ("close-frame-mid-frame", BAD, "eof"),  # the frame of 1000 octets never ends
        ("one-octet-close-body", BAD, "C03 eof"),
        ("empty-close", BAD, "C- eof"),
        ("fragmented-close", BAD, "C1007- eof"),
        ("no-close-reply", close(), "open"),
        ("keep-tcp", BAD, "C1007 open"),
        ("masked-frames", text(b"a") + close(), "Tm:61 C1000m eof"),
        ("rsv-frames", text(b"a") + close(), "Tr2:61 C1000r2 eof"),
        ("reserved-opcode", text(b"a") + close(), "3:3f T:61 3:3f C1000 eof"),
        ("invalid-text", text(b"a") + close(), "T:61ff C1000 eof"),
        ("fragmented-echo", text(b"abcd") + close(), "T-:616263 +:64 C1000 eof"),
        ("chatty", text(b"a") + close(),
         "T:77656c636f6d65 I:61726520796f75207468657265 T:61 C1000 eof"),
        ("binary-feeds-utf8", frame(BINARY, b"\xc3") + text(b"\xa9") + close(),
         "B:c3 T:a9 C1000 eof"),
        ("control-feeds-utf8",
         text(b"\xc3", fin=False) + frame(PING, b"\xa9") + frame(CONT, b"b") + close(),
         "P:a9 T:c362 C1000 eof"),
        ("allow-rsv", text(b"a", rsv=3) + close(), "T:61 C1000 eof"),
        ("allow-reserved-opcode", frame(3, b"a") + text(b"b") + close(), "T:62 C1000 eof"),
        ("allow-unmasked", text(b"a", mask=None) + close(), "T:61 C1000 eof"),
        ("allow-long-control", frame(PING, b"a" * 126) + close(), "P:" + "61" * 126
         + " C1000 eof"),
        ("allow-fragmented-control", frame(PING, fin=False) + close(), "P: C1000 eof"),
        ("allow-nonminimal-length", bytes.fromhex("81fe0001 00000000 78") + close(),
         "T:78 C1000 eof"),
        ("allow-orphan-continuation", frame(CONT, b"a") + close(), "T:61 C1000 eof"),
        ("allow-interleaved", text(b"a", fin=False) + text(b"b") + close(), "T:62 C1000 eof"),
        ("allow-close-codes", close(999), "C1000 eof"),
        ("allow-one-octet-close", frame(CLOSE, b"\x03"), "C1000 eof"),
    ]
    DEFLATED = [
        ("deflate-unchecked", deflated(b"Hi\xff"), 1007, None),
        ("plain-unchecked", text(b"Hi\xff"), 1007, None),
        ("checks-wire", deflated("\u00e9".encode()), None, 1007),
        ("corrupt-deflate-ignored", text(b"\x06", rsv=4), 1007, None),
        ("corrupt-deflate-1011", text(b"\x06", rsv=4), 1007, 1011),
        ("no-deflate", deflated(b"Hi"), None, 1002),
    ]
    # Shown by tests of their own below.
    OTHERS = {"crash", "crash-after-50", "tenth-1002", "close-all", "stall-others", "slow",
              "utf8-shared",
              "slow-close", "utf8-frame-end", "invalid-reason", "long-reason", "esc-reason",
              "stack-reason"}

    def answer(self, octets, fault="", timeout=2.5, headers=()):
        with Client(self.server.port, "/?fault=" + fault, headers) as c:
            c.send(octets)
            return summary(c.all(timeout), c.end)

    def test_each(self):
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            wrong = [pool.submit(self.answer, row[1], row[0]) for row in self.ROWS]
            right = [pool.submit(self.answer, row[1]) for row in self.ROWS]
        for (fault, _, expected), with_fault, without in zip(self.ROWS, wrong, right):
            with self.subTest(fault):
                self.assertEqual(with_fault.result(), expected)
                self.assertNotEqual(without.result(), expected, "shows nothing")

    def test_with_deflate(self):
        for fault, octets, right, wrong in self.DEFLATED:
            with self.subTest(fault):
                for name, code in (("", right), (fault, wrong)):
                    seen = self.answer(octets + close(), name, headers=OFFER)
                    closed = int(re.search(r"C(\d{4})", seen).group(1))
                    self.assertEqual(closed, code or 1000, seen)

    def test_every_fault_of_the_1007_suites_is_shown(self):
        """Those that rows of the RFCs must find are shown by test_faults.py."""
        listed = {name for name, fault in fault_list().items() if not fault.by_requirement}
        shown = {row[0] for row in self.ROWS + self.DEFLATED} | self.OTHERS
        self.assertEqual(listed - shown, set())

    def test_by_option(self):
        with Server("faulty.mjs", "--fault", "code-1002", "--fault", "double-close") as server:
            with Client(server.port) as c:
                c.send(BAD)
                self.assertEqual(summary(c.all(2), c.end), "C1002 C1002 eof")
            with Client(server.port, "/?fault=code-1003") as c:  # in their place
                c.send(BAD)
                self.assertEqual(summary(c.all(2), c.end), "C1003 eof")

    def test_crash(self):
        for fault, rounds in (("crash", 1), ("crash-after-50", 50)):
            with self.subTest(fault), Server("faulty.mjs", "--fault", fault) as server:
                for i in range(rounds):
                    self.assertTrue(server.alive(), i)
                    with Client(server.port) as c:
                        c.send(BAD)
                        c.all(2)
                self.assertEqual(server.process.wait(5), 1)

    def test_tenth_refusal(self):
        with Server("faulty.mjs", "--fault", "tenth-1002") as server:
            codes = []
            for _ in range(20):
                with Client(server.port) as c:
                    c.send(BAD)
                    codes.append(c.receive().code)
        self.assertEqual(codes, ([1007] * 9 + [1002]) * 2)

    def test_neighbours(self):
        with Server("faulty.mjs") as server:
            with Client(server.port) as other, Client(server.port, "/?fault=close-all") as c:
                c.send(BAD)
                self.assertEqual((c.receive().code, other.receive().code), (1007, 1007))
            with Client(server.port) as other, Client(server.port, "/?fault=stall-others") as c:
                c.send(BAD)
                begin = time.monotonic()
                time.sleep(0.05)
                other.send(text(b"x"))
                other.receive()
                self.assertGreater(time.monotonic() - begin, 1)

    def test_utf8_shared(self):
        for fault, expected in (("", "T:61 C1000 eof"), ("utf8-shared", "C1007 eof")):
            path = "/?fault=" + fault
            with self.subTest(fault), Client(self.server.port, path) as other, \
                    Client(self.server.port, path) as c:
                other.send(text(b"\xc3", fin=False) + frame(PING))
                self.assertEqual(other.receive().opcode, PONG)
                c.send(text(b"a") + close())
                self.assertEqual(summary(c.all(2.5), c.end), expected)

    def test_slow(self):
        for fault, octets, least in (("slow", text(b"x"), 0.25), ("slow-close", BAD, 4.5)):
            with self.subTest(fault), Client(self.server.port, "/?fault=" + fault) as c:
                begin = time.monotonic()
                c.send(octets)
                self.assertIsNotNone(c.receive(8))
                self.assertGreater(time.monotonic() - begin, least)

    def test_when_it_is_refused(self):
        def assert_closes(fault):
            """The number of pieces after which the Close 1007 comes."""
            whole = text(b"a\xffbc", fin=False)
            pieces = [whole[:-2], whole[-2:], frame(CONT)]
            with Client(self.server.port, "/?fault=" + fault) as c:
                for i, piece in enumerate(pieces):
                    c.send(piece)
                    try:
                        self.assertEqual(c.receive(0.2).code, 1007)
                        return i
                    except TimeoutError:
                        pass
                return None
        self.assertEqual([assert_closes(fault) for fault in ("", "utf8-frame-end", "utf8-late")],
                         [0, 1, 2])

    def test_reasons(self):
        def close_of(fault):
            with Client(self.server.port, "/?fault=" + fault) as c:
                c.send(BAD)
                return c.receive()
        self.assertIn(b"\xff", close_of("invalid-reason").reason)
        self.assertEqual(len(close_of("long-reason").payload), 130)
        self.assertIn(b"\x1b[31m", close_of("esc-reason").reason)
        self.assertIn(b"/srv/app", close_of("stack-reason").reason)
        for fault in ("esc-reason", "stack-reason"):  # legal in form
            self.assertLessEqual(len(close_of(fault).payload), 125)
            close_of(fault).reason.decode()

    def test_close_in_the_middle_of_a_frame(self):
        with Client(self.server.port, "/?fault=close-frame-mid-frame") as c:
            c.send(BAD)
            c.all(2)
            self.assertEqual(c.buffer[:14], b"\x81\x7e\x03\xe8half of it")
            self.assertEqual(c.buffer[14:15], b"\x88")

    def test_a_slow_reader_gets_the_close_behind_a_large_echo(self):
        with Client(self.server.port, receive_buffer=65536) as c:
            c.send(text(b"x" * (8 << 20)), text(b"\xff"))
            time.sleep(0.5)
            frames = c.all(10)
            self.assertEqual([len(f.payload) for f in frames[:-1]], [8 << 20])
            self.assertEqual(frames[-1].code, 1007)


if __name__ == "__main__":
    unittest.main()
