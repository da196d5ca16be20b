"""`wsspec inspect` of captures of wss:// connections, read with a key log. The TLS is Python's, in
memory; the packets are made here."""

import base64
import hashlib
import os
import shutil
import ssl
import struct
import subprocess
import tempfile
import unittest

from harness import Case, wsspec
from rawws import text
from test_tls import Certificates

EDITCAP = shutil.which("editcap")
SECRET = "f00dcafe1234"
KEY = base64.b64encode(bytes(16)).decode()
REQUEST = (f"GET /chat?token={SECRET} HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\n"
           f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n")
ACCEPT = base64.b64encode(hashlib.sha1(
    (KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
ANSWER = ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          f"Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n")


class Talk:
    """A conversation over TLS: who sent which octets, in order."""

    def __init__(self, certificates, key_log, version, ciphers=None):
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.load_verify_locations(certificates["ca.pem"])
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificates["good.pem"], certificates["good.key"])
        for context in (client, server):
            context.minimum_version = context.maximum_version = version
            if ciphers:
                context.set_ciphers(ciphers)
        client.keylog_filename = key_log
        bios = [ssl.MemoryBIO() for _ in range(4)]
        self.client = client.wrap_bio(bios[0], bios[1], server_hostname="localhost")
        self.server = server.wrap_bio(bios[2], bios[3], server_side=True)
        self.ways = (("client", bios[1], bios[2]), ("server", bios[3], bios[0]))
        self.sent = []
        done = set()
        while len(done) < 2:
            for side in (self.client, self.server):
                try:
                    side.do_handshake()
                    done.add(side)
                except ssl.SSLWantReadError:
                    pass
                self.pump()

    def pump(self):
        for side, source, target in self.ways:
            octets = source.read()
            if octets:
                self.sent.append((side, octets))
                target.write(octets)

    def say(self, side, octets):
        getattr(self, side).write(octets)
        self.pump()

    def converse(self):
        self.say("client", REQUEST.encode())
        self.say("server", ANSWER.encode())
        self.say("client", text(b"hello"))
        self.say("client", text(b"a" * 4095 + "€".encode()[:1]))
        self.say("server", b"\x88\x02" + struct.pack(">H", 1007))
        return self


def packet(number, side, flags, sequence, octets):
    client, server = (b"\x0a\0\0\1", 40000), (b"\x0a\0\0\2", 443)
    source, target = (client, server) if side == "client" else (server, client)
    tcp = struct.pack(">HHIIBBHHH", source[1], target[1], sequence, 0, 0x50, flags, 1000, 0, 0) + octets
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, source[0],
                     target[0]) + tcp
    return struct.pack("<IIII", 1000, number * 1000, len(ip), len(ip)) + ip


def pcap(sent, size=1400):
    """In segments of so many octets."""
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    packets = [("client", 2, b""), ("server", 0x12, b"")]
    for side, octets in sent:
        packets += [(side, 0x18, octets[at:at + size]) for at in range(0, len(octets), size)]
    packets += [("client", 0x11, b""), ("server", 0x11, b"")]
    sequences = {"client": 1000, "server": 5000}
    for number, (side, flags, octets) in enumerate(packets):
        out += packet(number, side, flags, sequences[side], octets)
        sequences[side] += len(octets) + (flags & 3 != 0)
    return out


class Encrypted(Case):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates()
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        shutil.rmtree(cls.certificates.folder)

    def capture(self, name, version, ciphers=None, size=1400):
        """The paths of a capture and of its key log."""
        path = os.path.join(self.folder.name, name)
        talk = Talk(self.certificates, path + ".keys", version, ciphers).converse()
        with open(path, "wb") as file:
            file.write(pcap(talk.sent, size))
        return path, path + ".keys"

    def assertJudged(self, run):
        self.assertCode(run, 1)
        for due in ("client: text frame 1, 5 octets\n", "a character of 3 octets is cut after 1; looks "
                    "like chunks of 4096; the server closed 1007 after ",
                    "server: Close 1007 invalid frame payload data\n"):
            self.assertIn(due, run.stdout, f"\n{run}")
        self.assertNotIn(SECRET, run.stdout)

    def test_with_its_key_log_it_is_read(self):
        old, new = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
        for version, ciphers in ((new, None), (old, "ECDHE-ECDSA-AES128-GCM-SHA256"),
                                 (old, "ECDHE-ECDSA-AES256-GCM-SHA384"),
                                 (old, "ECDHE-ECDSA-CHACHA20-POLY1305")):
            for size in (1400, 7):
                with self.subTest(version=version, ciphers=ciphers, size=size):
                    path, keys = self.capture(f"{version}-{ciphers}-{size}", version, ciphers, size)
                    self.assertJudged(wsspec("inspect", path, "--keylog", keys))

    def test_without_it_that_is_said(self):
        path, keys = self.capture("one", ssl.TLSVersion.TLSv1_3)
        _, other = self.capture("other", ssl.TLSVersion.TLSv1_3)
        run = wsspec("inspect", path)
        self.assertIn("1 TLS connections, which cannot be read without their keys (--keylog FILE",
                      run.words)
        run = wsspec("inspect", path, "--keylog", other)
        self.assertIn("not read: its secrets are not in the key log", run.words)
        with open(keys) as file:
            lines = file.read().splitlines()
        with open(keys, "w") as file:  # the last digits of each secret are other ones
            file.write("\n".join(line[:-4] + "0000" for line in lines))
        run = wsspec("inspect", path, "--keylog", keys)
        self.assertIn("a record does not decrypt with the secrets of the key log", run.words)

    def test_a_suite_that_is_not_read(self):
        path, keys = self.capture("cbc", ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA256@SECLEVEL=0")
        run = wsspec("inspect", path, "--keylog", keys)
        self.assertIn("it uses the cipher suite c023, which is not read here", run.words)

    @unittest.skipUnless(EDITCAP, "needs editcap")
    def test_secrets_in_the_capture_itself(self):
        path, keys = self.capture("plain", ssl.TLSVersion.TLSv1_3)
        with_secrets = path + ".pcapng"
        subprocess.run([EDITCAP, "--inject-secrets", f"tls,{keys}", path, with_secrets], check=True,
                       capture_output=True)
        self.assertJudged(wsspec("inspect", with_secrets))

    def test_bad_key_logs(self):
        path, keys = self.capture("good", ssl.TLSVersion.TLSv1_3)
        run = wsspec("inspect", path, "--keylog", path)
        self.assertCode(run, 2)
        self.assertIn("there is no TLS secret in it", run.stderr)
        self.assertCode(wsspec("inspect", path, "--keylog", "/nonexistent"), 2)
        run = wsspec("inspect", "-", "--keylog", keys, stdin=b"a payload")
        self.assertCode(run, 2)
        self.assertIn("--keylog is for a capture", run.stderr)


if __name__ == "__main__":
    unittest.main()
