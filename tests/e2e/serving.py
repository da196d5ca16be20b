"""`wsspec serve` for the tests. Standard library only."""

import os
import re
import select
import signal
import subprocess

import harness
from rawws import Client


class Serve:
    """with Serve("--message-rate", 20) as server: server.url(), server.port, server.rss()"""

    def __init__(self, *args, listen="127.0.0.1:0", descriptors=None):
        self.command = [harness.binary(), "serve", "--listen", listen, *map(str, args)]
        if descriptors:
            self.command = ["bash", "-c", f'ulimit -n {descriptors}; exec "$@"', "bash", *self.command]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        ready, _, _ = select.select([self.process.stdout], [], [], 10)
        line = self.process.stdout.readline() if ready else ""
        match = re.fullmatch(r"listening on (ws://\S+:(\d+))\n", line)
        if not match:
            self.process.kill()
            raise RuntimeError(f"{self.command} said {line!r}: {self.process.communicate()[1]}")
        self.base, self.port = match.group(1), int(match.group(2))
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        return self.process.returncode

    def url(self, path="/"):
        return self.base + path

    def client(self, path="/", **more):
        return Client(self.port, path, **more)

    def rss(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))
