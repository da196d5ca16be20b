"""`wsspec tap` for the tests. Standard library only."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time

import harness
from rawws import Client


class Tap:
    """with Tap(target_port, "--only", "violations") as tap: tap.client(), tap.stop(), tap.text"""

    def __init__(self, target, *args, scheme="ws", listen="127.0.0.1:0", tls=False):
        target = f"{scheme}://127.0.0.1:{target}" if isinstance(target, int) else target
        self.folder = tempfile.TemporaryDirectory()
        self.command = [harness.binary(), "tap", "--listen", listen, "--target", target,
                        *[str(a).replace("{}", self.folder.name) for a in args]]
        self.tls = tls

    def __enter__(self):
        self.out = tempfile.TemporaryFile()
        self.err = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command, stdout=self.out, stderr=self.err)
        deadline = time.monotonic() + 10
        while not (match := re.match(r"listening on wss?://\S+:(\d+), target", self.text)):
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.process.kill()
                raise RuntimeError(f"{self.command} said {self.text!r}: {self.errors}")
            time.sleep(0.01)
        self.port = int(match.group(1))
        return self

    def __exit__(self, *_):
        self.stop()
        self.out.close()
        self.err.close()
        self.folder.cleanup()

    @staticmethod
    def _read(file):
        return os.pread(file.fileno(), 1 << 26, 0).decode(errors="surrogateescape")

    @property
    def text(self):
        return self._read(self.out)

    @property
    def errors(self):
        return self._read(self.err)

    def stop(self, how=signal.SIGINT):
        """Its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def until(self, pattern, timeout=5):
        """The text once the pattern is in it."""
        deadline = time.monotonic() + timeout
        while not re.search(pattern, self.text):
            if time.monotonic() > deadline:
                raise AssertionError(f"{pattern!r} is not in\n{self.text}\n{self.errors}")
            time.sleep(0.01)
        return self.text

    def file(self, name):
        with open(os.path.join(self.folder.name, name), "rb") as file:
            return file.read()

    def log(self, name="log"):
        return [json.loads(line) for line in self.file(name).splitlines()]

    def client(self, path="/", **more):
        return Client(self.port, path, **more)

    def rss(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024
