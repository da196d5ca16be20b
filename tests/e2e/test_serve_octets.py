"""The reference server against RFC 6455, octet by octet: the literal examples of 5.7, every
violation, the closing and the opening handshake. No line of the codec that it is made of."""

import contextlib
import select
import socket
import struct
import time
import unittest

from harness import Case
from rawws import (BINARY, CLOSE, CONT, PING, PONG, TEXT, Client, close, frame, text)
from serving import Serve

MIB = 1 << 20
HANDSHAKE = (b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
             b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
             b"Sec-WebSocket-Version: 13\r\n\r\n")


def one_by_one(client, octets):
    for octet in octets:
        client.send(bytes([octet]))


class Octets(Case):
    HELLO = bytes.fromhex("818537fa213d7f9f4d5158")  # 5.7: a masked "Hello"

    @classmethod
    def setUpClass(cls):
        cls.server = Serve().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def assertReceives(self, client, octets):
        got = client.buffer
        client.sock.settimeout(3)
        while len(got) < len(octets):
            more = client.sock.recv(4096)
            if not more:
                break
            got += more
        client.buffer = b""
        self.assertEqual(got.hex(), octets.hex())

    def test_the_examples_of_5_7(self):
        for send in (Client.send, one_by_one):
            with self.server.client() as client:
                send(client, self.HELLO)
                self.assertReceives(client, bytes.fromhex("810548656c6c6f"))
                # "Hel" + "lo" in two frames come back in one.
                send(client, frame(TEXT, b"Hel", fin=False) + frame(CONT, b"lo"))
                self.assertReceives(client, bytes.fromhex("810548656c6c6f"))
                send(client, bytes.fromhex("898537fa213d7f9f4d5158"))  # a ping
                self.assertReceives(client, bytes.fromhex("8a0548656c6c6f"))
                send(client, frame(BINARY, bytes(256)))
                self.assertReceives(client, bytes.fromhex("827e0100") + bytes(256))
        with self.server.client() as client:
            client.send(frame(BINARY, bytes(65536)))
            self.assertReceives(client, bytes.fromhex("827f0000000000010000") + bytes(65536))

    def test_an_unmasked_hello_is_closed_with_1002_after_two_octets(self):
        with self.server.client() as client:
            client.send(bytes.fromhex("8105"))
            self.assertEqual([f.code for f in client.all(3)], [1002])
            self.assertEqual(client.end, "eof")

    def test_every_violation_is_closed_with_its_code_and_nothing_after_it_is_answered(self):
        big = b"\x00" * 126
        rows = [
            (frame(TEXT, b"x", rsv=4), 1002), (frame(PING, b"x", rsv=1), 1002),
            (frame(3), 1002), (frame(7), 1002), (frame(11), 1002), (frame(15), 1002),
            (frame(PING, fin=False), 1002), (frame(PING, big), 1002), (frame(CLOSE, big), 1002),
            (frame(CONT, b"x"), 1002), (frame(CONT, b"x", fin=False), 1002),
            (frame(TEXT, b"a", fin=False) + text(b"b"), 1002),
            (frame(TEXT, b"a", fin=False) + frame(BINARY, b"b"), 1002),
            (frame(TEXT, b"x", mask=None), 1002), (frame(PING, b"x", mask=None), 1002),
            (b"\x81\xfe\x00\x05\x00\x00\x00\x00Hello", 1002),  # 5 in 16 bits
            (b"\x82\xff" + struct.pack("!Q", 65535) + b"\x00" * 4, 1002),
            (b"\x82\xff" + struct.pack("!Q", 1 << 63) + b"\x00" * 4, 1002),
            (frame(CLOSE, b"\x03"), 1002), (close(999), 1002), (close(1004), 1002),
            (close(1005), 1002), (close(1006), 1002), (close(1015), 1002), (close(1016), 1002),
            (close(2999), 1002), (close(5000), 1002), (close(0), 1002), (close(65535), 1002),
            (close(1000, b"\xff"), 1007), (close(1000, b"\xe2\x82"), 1007),
            (text(b"\xff"), 1007), (text(b"\xc0\xaf"), 1007), (text(b"\xed\xa0\x80"), 1007),
            (text(b"\xf4\x90\x80\x80"), 1007), (text(b"caf\xc3"), 1007),
            (frame(TEXT, b"\xc3", fin=False) + frame(CONT, b"\x28"), 1007),
            (frame(TEXT, b"\xc3", fin=False) + frame(CONT), 1007),
        ]
        for octets, code in rows:
            for send in (Client.send, one_by_one):
                with self.subTest(octets=octets.hex(), send=send.__name__), \
                        self.server.client() as client:
                    client.send(text(b"before"), frame(PING, b"before"))
                    send(client, octets)
                    client.send(text(b"after"), frame(PING, b"after"), close())
                    frames = client.all(3)
                    self.assertEqual([f.opcode for f in frames], [TEXT, PONG, CLOSE])
                    self.assertEqual(frames[-1].code, code)
                    frames[-1].reason.decode()
                    self.assertEqual(client.end, "eof")

    def test_bad_text_is_closed_at_the_octet_that_proves_it(self):
        for octets, proof in ((b"caf\xc3\xa9 \xe2\x28\xa1", 7), (b"\xf4\x90\x80\x80", 1)):
            whole = frame(TEXT, octets, declared=1000)
            begin = len(whole) - len(octets)
            with self.subTest(octets=octets), self.server.client() as client:
                client.send(whole[:begin + proof])
                with self.assertRaises(TimeoutError):
                    client.receive(0.1)
                client.send(whole[begin + proof:begin + proof + 1])
                self.assertEqual(client.receive(1).code, 1007)

    def test_a_close_is_answered_once_and_tcp_ends_at_once(self):
        for octets, code in ((frame(CLOSE), 1000), (close(1000, b"bye"), 1000),
                             (close(4321, b"x" * 123), 4321)):
            with self.subTest(code), self.server.client() as client:
                begin = time.monotonic()
                client.send(octets, text(b"x"), frame(PING), close(), b"\xff" * MIB)
                self.assertEqual([f.code for f in client.all(3)], [code])
                self.assertEqual(client.end, "eof")
                self.assertLess(time.monotonic() - begin, 0.5)

    def test_a_close_followed_by_fin_is_answered(self):
        for size in (10, 3 * MIB):
            with self.subTest(size), self.server.client(receive_buffer=4096) as client:
                client.send(frame(BINARY, b"x" * size) + close(1001))
                client.sock.shutdown(socket.SHUT_WR)
                time.sleep(0.2)
                frames = client.all(10)
                self.assertEqual([len(f.payload) for f in frames], [size, 2])
                self.assertEqual((frames[-1].code, client.end), (1001, "eof"))

    def test_a_close_between_fragments_leaves_no_echo(self):
        with self.server.client() as client:
            client.send(frame(TEXT, b"half", fin=False), close(1000))
            self.assertEqual([f.code for f in client.all(3)], [1000])

    def test_the_close_reaches_a_client_that_goes_on_sending(self):
        for octets, code in ((text(b"\xff"), 1007), (frame(TEXT, b"x", mask=None), 1002)):
            with self.subTest(code), self.server.client() as client:
                client.send(octets)
                client.sock.settimeout(3)
                for _ in range(50):  # 50 MiB, thrown away
                    client.send(b"\x00" * MIB)
                self.assertEqual([f.code for f in client.all(3)], [code])
                self.assertEqual(client.end, "eof")

    def test_without_the_clients_close_tcp_ends_after_a_second(self):
        with self.server.client() as client:
            client.send(text(b"\xff"))
            self.assertEqual(client.receive().code, 1007)
            self.assertIsNone(client.receive(1))  # FIN at once
            time.sleep(1.3)
            with self.assertRaises(ConnectionError):
                for _ in range(20):
                    client.sock.sendall(b"x")
                    time.sleep(0.02)

    def test_control_frames_inside_a_message(self):
        with self.server.client() as client:
            client.send(frame(TEXT, b"a", fin=False), frame(PING, b"1"), frame(CONT, b"", fin=False),
                        frame(PONG, b"2"), frame(CONT, b"b"))
            self.assertEqual(client.receive().payload, b"1")
            self.assertEqual(client.receive().payload, b"ab")

    def test_frames_in_the_handshakes_own_segment(self):
        with socket.create_connection(("127.0.0.1", self.server.port), 5) as sock:
            sock.sendall(HANDSHAKE + self.HELLO)
            got = b""
            while not got.endswith(b"\x81\x05Hello"):
                more = sock.recv(4096)
                self.assertTrue(more, got)
                got += more
            self.assertIn(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", got)

    def test_floods_come_back_in_order(self):
        with self.server.client() as client:
            sent = [b"%d" % n for n in range(50000)]
            octets = b"".join(text(one) + (frame(PING, one) if n % 10 == 0 else b"")
                              for n, one in enumerate(sent)) + close()
            got = b""
            client.sock.setblocking(False)
            view = memoryview(octets)
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                readable, writable, _ = select.select([client.sock],
                                                      [client.sock] if view else [], [], 5)
                if writable:
                    view = view[client.sock.send(view[:65536]):]
                if readable:
                    more = client.sock.recv(MIB)
                    if not more:
                        break
                    got += more
        expected = b"".join(bytes([0x81, len(one)]) + one
                            + (bytes([0x8a, len(one)]) + one if n % 10 == 0 else b"")
                            for n, one in enumerate(sent)) + b"\x88\x02\x03\xe8"
        self.assertTrue(got == expected, f"{len(got)} octets of {len(expected)}")


class Handshakes(Case):
    def ask(self, port, octets, step=None):
        """The whole answer up to the end of stream."""
        with socket.create_connection(("127.0.0.1", port), 5) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(0, len(octets), step or len(octets)):
                sock.sendall(octets[at:at + (step or len(octets))])
            got = b""
            with contextlib.suppress(ConnectionError):
                while more := sock.recv(65536):
                    got += more
                    if got.startswith(b"HTTP/1.1 101") and b"\r\n\r\n" in got:
                        break
            return got

    def test_answers(self):
        bad_version = HANDSHAKE.replace(b"Version: 13", b"Version: 25")
        rows = [(HANDSHAKE, b"101"), (bad_version, b"426"),
                (HANDSHAKE.replace(b"GET", b"POST"), b"405"),
                (HANDSHAKE.replace(b"HTTP/1.1", b"HTTP/1.0"), b"426"),
                (HANDSHAKE.replace(b"Upgrade: websocket\r\n", b""), b"426"),
                (HANDSHAKE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"c2hvcnQ="), b"400"),
                (HANDSHAKE.replace(b"Host: server.example.com\r\n", b""), b"400"),
                (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"400"), (b"EHLO me\r\n", b"400"),
                (b"GET / HTTP/1.1\r\nA: " + b"a" * 70000, b"431")]
        with Serve() as server:
            for octets, status in rows:
                for step in (None, 1) if len(octets) < 1000 else (None, 1000):
                    with self.subTest(octets=octets[:40], step=step):
                        got = self.ask(server.port, octets, step)
                        self.assertTrue(got.startswith(b"HTTP/1.1 " + status + b" "), got)
                        if status == b"426" and octets == bad_version:
                            self.assertIn(b"Sec-WebSocket-Version: 13\r\n", got)

    def test_half_a_handshake_leaks_no_descriptor(self):
        with Serve() as server:
            before = server.descriptors()
            for _ in range(50):
                sock = socket.create_connection(("127.0.0.1", server.port), 5)
                sock.sendall(HANDSHAKE[:60])
                sock.close()
            deadline = time.monotonic() + 3
            while server.descriptors() > before and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assertEqual(server.descriptors(), before)

    def test_subprotocols(self):
        with Serve("--subprotocol", "v1", "--subprotocol", "v2") as server:
            with server.client(headers=["Sec-WebSocket-Protocol: x, v2, v1"]) as client:
                self.assertIn(b"Sec-WebSocket-Protocol: v2\r\n", client.head + b"\r\n")
            with server.client(headers=["Sec-WebSocket-Protocol: x"]) as client:
                self.assertNotIn(b"Sec-WebSocket-Protocol", client.head)


if __name__ == "__main__":
    unittest.main()
