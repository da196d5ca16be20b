"""`wsspec send`: what goes out, what is shown of what comes back, and the exit code."""

import os
import pathlib
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

from harness import Case, Listening, Server, binary, unused_port, wsspec
from rawws import close, frame, text
from serving import Serve


def shown(run, mark):
    """What follows the time in the lines with this mark."""
    return [re.sub(r"^. +[0-9.]+ m?s  ", "", line) for line in run.stdout.splitlines()
            if line.startswith(mark + " ")]


class Raw(Listening):
    """Upgrades, answers each read with the next of `answers`, and keeps what it got."""

    def __init__(self, *answers, head=None, linger=0.3):
        self.answers = answers
        self.head = head
        self.linger = linger
        self.got = b""

    def serve(self, sock):
        import base64
        import hashlib
        request = b""
        while b"\r\n\r\n" not in request:
            more = sock.recv(65536)
            if not more:
                return
            request += more
        self.request = request
        if self.head is not None:
            sock.sendall(self.head)
            return
        key = re.search(rb"Sec-WebSocket-Key: (\S+)", request).group(1)
        accept = base64.b64encode(
            hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        for answer in self.answers:
            sock.sendall(answer)
        sock.settimeout(self.linger)
        try:
            while more := sock.recv(65536):
                self.got += more
        except OSError:
            pass

    def url(self):
        return f"ws://127.0.0.1:{self.port}/"


class AgainstServers(Case):
    @classmethod
    def setUpClass(cls):
        cls.ws = Server("ws_echo.mjs", "--deflate").start()
        cls.websockets = Server("websockets_echo.py").start()

    @classmethod
    def tearDownClass(cls):
        cls.ws.stop()
        cls.websockets.stop()

    def test_bad_text_earns_1007_and_every_frame_is_shown(self):
        for server in (self.ws, self.websockets):
            run = wsspec("send", server.url(), "--text", "Hello", "--text-hex", "c0 af",
                         "--expect", "close 1007")
            self.assertCode(run, 0)
            self.assertEqual(shown(run, ">")[1:3], ['text, 5 octets  "Hello"', "text, 2 octets: c0 af"])
            self.assertTrue(any(line.startswith("Close 1007") for line in shown(run, "<")), f"\n{run}")
            self.assertIn("Close 1007 (invalid frame payload data)", run.words)
            self.assertIn("by server", run.words)
            self.assertIn("expected Close 1007: yes", run.words)

    def test_the_order_of_the_options_is_the_order_on_the_wire(self):
        run = wsspec("send", self.ws.url(), "--ping", "--text", "a", "--binary-hex", "00ff", "--ping", "p",
                     "--text", "b", "--close", "1000:bye")
        self.assertCode(run, 0)
        self.assertEqual(shown(run, ">")[1:], [
            "ping", 'text, 1 octet  "a"', "binary, 2 octets: 00 ff", 'ping, 1 octet  "p"',
            'text, 1 octet  "b"', 'Close 1000  "bye"'])
        self.assertIn('Close 1000 (normal closure) "bye" by server, answering ours', run.words)

    def test_what_was_not_expected_is_exit_code_1_and_says_what_came(self):
        run = wsspec("send", self.ws.url(), "--text", "hi", "--expect", "close 1007", "--wait", 150)
        self.assertCode(run, 1)
        self.assertRegex(run.words, "expected Close 1007: no, ")
        self.assertIn("no Close from the server until ours", run.words)

    def test_outcomes_of_each_kind_come_true(self):
        for options in (["--text", "hi", "--expect", "text h?"],
                        ["--text", "hi", "--expect", "echo"],
                        ["--binary-hex", "00", "--expect", "binary"],
                        ["--ping", "x", "--expect", "pong"],
                        ["--text", "hi", "--expect", "open 100", "--wait", "200"],
                        ["--frame", "mask=no,text=hi", "--expect", '{"close": {"code": 1002}}']):
            self.assertCode(wsspec("send", self.ws.url(), *options), 0)

    def test_a_frame_is_sent_as_it_is_shaped(self):
        with Raw() as server:
            run = wsspec("send", server.url(), "--frame",
                         "fin=0,rsv=4,opcode=2,mask=no,length=200,hex=01 02", "--wait", 100)
            time.sleep(0.4)
            self.assertEqual(server.got[:6], bytes([0x42, 0x7e, 0, 200, 1, 2]))
        self.assertIn("binary, FIN 0, RSV 4, not masked, 200 octets: 01 02", shown(run, ">"))

    def test_octets_go_out_as_they_are(self):
        with Raw() as server:
            wsspec("send", server.url(), "--bytes", "81 83 00000000 616263", "--wait", 50)
            time.sleep(0.4)
            self.assertEqual(server.got[:9], b"\x81\x83\0\0\0\0abc")

    def test_nothing_but_what_was_asked_for_is_sent(self):
        with Raw() as server:
            wsspec("send", server.url(), "--frame", "mask=00000000,text=a", "--wait", 200)
            time.sleep(0.4)
            rest = server.got[7:]
            self.assertEqual(server.got[:7], b"\x81\x81\0\0\0\0a")
        self.assertEqual((rest[0], rest[1]), (0x88, 0x82))  # our Close at the end, and nothing else
        self.assertEqual(len(rest), 8)

    def test_a_pause_is_kept(self):
        run = wsspec("send", self.ws.url(), "--text", "a", "--pause", 300, "--text", "b", "--wait", 50)
        times = [float(line.split()[1]) for line in run.stdout.splitlines() if line.startswith("> ")]
        self.assertGreaterEqual(times[2] - times[1], 299, f"\n{run}")

    def test_compressed_messages_are_shown_as_they_read(self):
        run = wsspec("send", self.ws.url(), "--deflate", "on", "--text", "Hello " * 20, "--wait", 200)
        self.assertCode(run, 0)
        self.assertIn("Sec-WebSocket-Extensions: permessage-deflate", run.words)
        self.assertEqual(sum("Hello Hello" in line for line in shown(run, ">") + shown(run, "<")), 2)

    def test_a_server_that_declines_compression_is_told_and_gets_it_plain(self):
        with Raw() as server:
            run = wsspec("send", server.url(), "--deflate", "on", "--text", "abc", "--wait", 50)
        self.assertIn("did not agree to permessage-deflate", run.words)
        self.assertIn('text, 3 octets  "abc"', shown(run, ">"))

    def test_files_and_standard_input(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "f")
            pathlib.Path(path).write_bytes("h\u00e9".encode() * 3000)
            run = wsspec("send", self.ws.url(), "--text-file", path, "--binary-file", "-",
                         stdin=b"\0\1\2", timeout=20)
        self.assertCode(run, 0)
        self.assertIn("binary, 3 octets: 00 01 02", shown(run, "<"))
        long = next(line for line in shown(run, "<") if line.startswith("text, 9000 octets"))
        self.assertIn("h\u00e9h\u00e9", long)
        self.assertLess(len(long), 1200)

    def test_lines_of_standard_input_are_messages(self):
        for name in ("pipe", "file"):
            octets = b"one\r\ntwo\n\nlast"
            if name == "file":
                run = wsspec("send", self.ws.url(), "--wait", 200, stdin=octets)
            else:
                done = subprocess.run([binary(), "send", self.ws.url(), "--wait", "200"], input=octets,
                                      stdout=subprocess.PIPE, timeout=20)
                run = wsspec("explain", "1000")
                run.stdout, run.code = done.stdout.decode(), done.returncode
            self.assertCode(run, 0)
            echoed = [line for line in shown(run, "<") if line.startswith("text")]
            self.assertEqual(echoed, ['text, 3 octets  "one"', 'text, 3 octets  "two"', "text",
                                      'text, 4 octets  "last"'], name)

    def test_many_lines_all_come_back(self):
        lines = b"".join(b"line %d\n" % n for n in range(5000))
        run = wsspec("send", self.ws.url(), "--wait", 500, stdin=lines, timeout=60)
        self.assertEqual(sum(line.startswith("text") for line in shown(run, "<")), 5000)

    def test_subprotocol_and_headers_go_out_and_no_secret_is_shown(self):
        with Raw(text(b"your key is sesame-open-12345", mask=None)) as server:
            run = wsspec("send", server.url() + "?token=sesame-open-12345", "-H",
                         "Authorization: Bearer sesame-open-12345", "--wait", 100)
            self.assertIn("***", run.stdout)
            self.assertNotIn("sesame", run.stdout + run.stderr)
            run = wsspec("send", server.url(), "-H", "Authorization: Bearer sesame-open-12345",
                         "--show-secrets", "--wait", 100)
            self.assertIn("sesame-open-12345", run.stdout)


class Ends(Case):
    def test_nothing_listens(self):
        run = wsspec("send", f"ws://127.0.0.1:{unused_port()}/", "--text", "x")
        self.assertCode(run, 3)
        self.assertIn("Connection refused", run.stderr)

    def test_a_refusal_shows_status_headers_and_body(self):
        head = (b"HTTP/1.1 403 Forbidden\r\nServer: x\x1b[2J\r\nSet-Cookie: id=abcdef0123456789\r\n"
                b"Content-Length: 20\r\n\r\nno <b>entry</b>\n\x00\xe2\x80\xae")
        with Raw(head=head) as server:
            run = wsspec("send", server.url(), "--text", "x")
            self.assertCode(run, 3)
            self.assertIn("HTTP/1.1 403 Forbidden", run.stdout)
            self.assertIn("no <b>entry</b>", run.stdout)
            self.assertIn(r"\x00\u{202E}", run.stdout)
            self.assertIn(r"Server: x\x1B[2J", run.stdout)
            self.assertNotIn("abcdef0123456789", run.stdout)
            self.assertIn("Origin check", run.stderr)
            self.assertCode(wsspec("send", server.url(), "--expect", "http 403"), 0)
            self.assertCode(wsspec("send", server.url(), "--expect", "http 401"), 3)

    def test_a_refusal_without_an_end_is_not_awaited_for_long(self):
        class Open(Listening):
            def serve(self, sock):
                sock.recv(65536)
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\nhalf")
                time.sleep(5)
        with Open() as server:
            run = wsspec("send", f"ws://127.0.0.1:{server.port}/", timeout=4)
        self.assertCode(run, 3)
        self.assertIn("half", run.stdout)

    def test_a_drop_is_an_outcome_and_no_answer_of_ours(self):
        class Drop(Raw):
            def serve(self, sock):
                self.linger = 0.01
                super().serve(sock)
        with Drop() as server:
            run = wsspec("send", server.url(), "--text", "x", "--expect", "drop")
        self.assertCode(run, 0)
        self.assertIn("without a Close", run.words)

    def test_a_server_that_breaks_the_protocol_is_exit_code_1(self):
        with Raw(frame(1, b"masked")) as server:
            run = wsspec("send", server.url(), "--wait", 200)
        self.assertCode(run, 1)
        self.assertIn("breaks the protocol", run.words)

    def test_a_hostile_text_is_never_shown_raw(self):
        bad = "\x1b]0;x\x07\u202e\x00".encode() + b"abc"
        with Raw(text(bad, mask=None), close(1008, b"\x1b[31m\xe2\x80\xaebad")[:2] +
                 struct.pack("!H", 1008) + b"") as server:
            run = wsspec("send", server.url(), "--wait", 200)
        for octet in b"\x1b\x07\x00":
            self.assertNotIn(octet, run.out)
        self.assertNotIn("\u202e".encode(), run.out)
        self.assertIn(r"\x1B]0;x\x07\u{202E}\x00abc", run.stdout)

    def test_a_flood_ends(self):
        with Raw(*[text(b"x" * 1000, mask=None) * 1000] * 40) as server:
            run = wsspec("send", server.url(), "--wait", 500, timeout=60)
        self.assertIn(run.code, (0, 1), f"{run.code}")
        self.assertLess(run.peak_rss, 300 << 20)

    def test_a_server_that_reads_nothing_is_given_up(self):
        class Deaf(Raw):
            def serve(self, sock):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                self.linger = 0
                super().serve(sock)
                time.sleep(30)
        with Deaf() as server, tempfile.NamedTemporaryFile() as file:
            file.write(b"x" * (30 << 20))
            file.flush()
            run = wsspec("send", server.url(), "--binary-file", file.name, "--wait", 100, timeout=30)
        self.assertIn("reads no more", run.words)

    def test_ctrl_c_is_exit_code_130_and_says_how_it_stood(self):
        with Serve() as server:
            process = subprocess.Popen([binary(), "send", server.url(), "--text", "a", "--wait", "20000"],
                                       stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
            process.stdout.readline()
            time.sleep(0.3)
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            out = process.communicate(timeout=5)[0].decode()
            self.assertLess(time.monotonic() - begin, 1)
        self.assertEqual(process.returncode, 130, out)
        self.assertIn("no Close from the server until ours", out)


class BadInput(Case):
    def test_every_wrong_value_is_a_usage_error_with_its_place(self):
        for option, value, part in (
                ("--text-hex", "c0 zz", "     ^"), ("--bytes", "c", "odd number"),
                ("--frame", "opcod=1", "did you mean 'opcode'?"), ("--frame", "rsv=9", "rsv is 0 to 7"),
                ("--close", "bye", "CODE or CODE:REASON"), ("--pause", "x", "a pause is"),
                ("--expect", "closed", "is no outcome"), ("--expect", "close 1006", "never travel"),
                ("--text-file", "/nonexistent", "cannot be read"), ("--text-file", "/", "folder"),
                ("--deflate", "both", "not in")):
            run = wsspec("send", "ws://127.0.0.1:1/", option, value)
            self.assertCode(run, 2)
            self.assertIn(part, run.stderr + run.stdout, f"\n{run}")

    def test_an_escape_in_an_option_is_not_printed_raw(self):
        run = wsspec("send", "ws://127.0.0.1:1/", "--frame", "\x1b[2J=1")
        self.assertCode(run, 2)
        self.assertNotIn(b"\x1b", run.out + run.err)

    def test_standard_input_is_read_once(self):
        run = wsspec("send", "ws://127.0.0.1:1/", "--text-file", "-", "--binary-file", "-")
        self.assertCode(run, 2)

    def test_a_url_that_is_none(self):
        self.assertCode(wsspec("send", "http//x", "--text", "a"), 2)
        self.assertCode(wsspec("send"), 2)


class Terminal(Case):
    """A person at a terminal of 20 columns."""

    def setUp(self):
        self.server = Serve()
        self.server.__enter__()
        self.master, slave = pty.openpty()
        import fcntl
        import termios
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 20, 0, 0))
        self.process = subprocess.Popen([binary(), "send", self.server.url()], stdin=slave, stdout=slave,
                                        stderr=slave, start_new_session=True)
        os.close(slave)
        self.seen = ""

    def tearDown(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        self.server.__exit__(None, None, None)

    def until(self, pattern, seconds=10):
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.seen):
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            try:
                more = os.read(self.master, 65536) if ready else b""
            except OSError:
                more = b""
            if not more:
                self.fail(f"no {pattern!r} in\n{self.seen}")
            self.seen += more.decode(errors="replace")

    def type(self, line):
        os.write(self.master, line.encode())

    def test_lines_commands_and_the_close(self):
        self.until("connected: a line is a message")
        self.type("Hello\n")
        self.until(r'< .*text, 5 octets  "Hello"')
        self.type("/help\n")
        self.until("/binary c0 af")
        self.type("/ping x\n")
        self.until(r"< .*pong, 1 octet")
        self.type("//not a command\n")
        self.until(r'< .*"/not a command"')
        self.type("/clos\n")
        self.until("did you mean /close")
        self.type("/hex 81 zz\n")
        self.until("no hex")
        self.type("/close 1000 bye\n")
        self.until(r'Close 1000 \(normal closure\) by server, answering ours')
        self.assertEqual(self.process.wait(5), 0)

    def test_bad_octets_earn_their_close(self):
        self.until("connected")
        self.type("/hex 81 81 00 00 00 00 ff\n")
        self.until(r"Close 1007 \(invalid frame payload data\)")
        self.assertEqual(self.process.wait(5), 0)

    def test_ctrl_d_closes(self):
        self.until("connected")
        self.type("\x04")
        self.until("it answered Close 1000")
        self.assertEqual(self.process.wait(5), 0)


if __name__ == "__main__":
    unittest.main()
