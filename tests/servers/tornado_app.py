#!/usr/bin/python3
"""An echo server on Tornado with policies on content, size and pace. Every policy is off until its
option is given; what breaks one earns 1008, 1003 or 1009 and a reason.

Tornado has a limit for messages, but resets the connection after its Close 1009, and knows nothing
of frames, fragments, slow frames, slow messages, queues and slow readers. So these are written
here, on top of its protocol class. The wrong servers: --close-code, --drop, --never, --early-ms.
"""

import asyncio
import json
import socket

import tornado.httpserver
import tornado.ioloop
import tornado.iostream
import tornado.web
import tornado.websocket

import common

settings = None


class Protocol(tornado.websocket.WebSocketProtocol13):
    """Tornado's own, with an eye on the header and the pace of each frame."""

    stage = "header"  # what _receive_frame reads next: header, length, rest
    frames = 0        # of the message that is not complete yet
    frame_timer = message_timer = None

    async def _receive_frame(self):
        self.stage = "header"
        try:
            await super()._receive_frame()
        finally:
            self.frame_timer = cancelled(self.frame_timer)
        if self._fragmented_message_buffer is None:
            self.frames = 0
            self.message_timer = cancelled(self.message_timer)
        elif self.message_timer is None:
            self.message_timer = self.alarm(settings.message_timeout_ms, "message too slow")

    async def _read_bytes(self, n):
        if self.handler.flooded:
            # Whoever floods is not read to the end; the Close gets a moment to arrive.
            await asyncio.sleep(0.3)
            raise tornado.iostream.StreamClosedError
        data = await super()._read_bytes(n)
        if self.stage == "header":
            self.frame_timer = self.alarm(settings.frame_timeout_ms, "frame too slow")
            if data[0] & 8 == 0:
                self.frames += 1
            length = data[1] & 127
            self.stage = "length" if length > 125 else "rest"
            if length <= 125:
                self.header_is_known(length)
        elif self.stage == "length":
            self.stage = "rest"
            self.header_is_known(int.from_bytes(data, "big"))
        return data

    def header_is_known(self, length):
        whole = length + len(self._fragmented_message_buffer or b"")
        if settings.max_fragments and self.frames > settings.max_fragments:
            self.handler.refuse(1008, "too many fragments")
            self.handler.flooded = not settings.never
        elif settings.max_frame and length > settings.max_frame:
            self.handler.refuse(1009, "frame too long")
        elif settings.max_message and whole > settings.max_message:
            self.handler.refuse(1009, "message too long")

    def alarm(self, ms, reason):
        if not ms:
            return None
        return asyncio.get_running_loop().call_later(
            (ms - settings.early_ms) / 1000, lambda: self.handler.refuse(1008, reason))

    def stop(self):
        for timer in (self.frame_timer, self.message_timer):
            cancelled(timer)


def cancelled(timer):
    if timer is not None:
        timer.cancel()


def no_twins(pairs):
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


class Echo(tornado.websocket.WebSocketHandler):
    refused = flooded = False
    queued = 0    # octets, all in all
    drained = 0   # of those, taken by the client when a window began
    backlog = False
    watch = None

    def check_origin(self, origin):
        return True

    def get_websocket_protocol(self):
        found = super().get_websocket_protocol()
        return found and Protocol(self, False, found.params)

    def open(self, *_):
        if settings.read_rate:
            self.watch = tornado.ioloop.PeriodicCallback(self.watch_reader, settings.window_ms)
            self.watch.start()

    def refuse(self, code, reason):
        if self.refused or settings.never:
            return
        self.refused = True
        if settings.drop:
            self.ws_connection.stream.close()
        else:
            self.close(settings.close_code or code, reason)

    def waiting(self):
        return len(self.ws_connection.stream._write_buffer)

    def watch_reader(self):
        if self.ws_connection is None:
            return
        taken = self.queued - self.waiting()
        if self.backlog and self.waiting() and taken - self.drained < settings.read_rate:
            self.refuse(1008, "reads too slowly")
        self.backlog, self.drained = self.waiting() > 0, taken

    def on_message(self, message):
        if self.refused:
            return
        if not settings.naive:
            self.check_content(message)
        elif settings.json:
            json.loads(message)["say"]  # what goes wrong here ends in Tornado's own handler
        if self.refused:
            return
        octets = message if isinstance(message, bytes) else message.encode()
        self.queued += len(octets)
        future = self.write_message(message, binary=isinstance(message, bytes))
        future.add_done_callback(lambda done: done.exception())
        if settings.max_queue and self.waiting() > settings.max_queue:
            self.refuse(1008, "does not read")

    def check_content(self, message):
        if isinstance(message, bytes):
            if settings.text_only:
                self.refuse(1003, "binary messages are not taken")
            return
        if settings.forbidden and settings.forbidden in message:
            self.refuse(1008, "forbidden content")
        if not settings.json:
            return
        try:
            value = json.loads(message, object_pairs_hook=no_twins)
            right = isinstance(value, dict) and list(value) == ["say"] and \
                isinstance(value["say"], str)
        except (ValueError, RecursionError):
            right = False
        if not right:
            self.refuse(1008, "not a message of this protocol")

    def on_close(self):
        if self.watch:
            self.watch.stop()
        if self.ws_connection is not None:
            self.ws_connection.stop()


async def main():
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    sock = common.listener(settings.port)
    sock.setblocking(False)
    if settings.send_buffer:  # accepted connections inherit it
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, settings.send_buffer)
    paths = [("/moved", tornado.web.RedirectHandler, {"url": "/"}), ("/.*", Echo)]
    app = tornado.web.Application(paths, websocket_max_message_size=64 << 20,
                                  log_function=lambda handler: None)
    tornado.httpserver.HTTPServer(app).add_sockets([sock])
    common.stop_on_request(settings, lambda: loop.call_soon_threadsafe(stopped.set))
    common.announce(sock)
    await stopped.wait()


if __name__ == "__main__":
    p = common.parser(__doc__.splitlines()[0])
    for name in ("max-message", "max-frame", "max-fragments", "frame-timeout-ms",
                 "message-timeout-ms", "max-queue", "read-rate", "send-buffer", "early-ms"):
        p.add_argument("--" + name, type=int, default=0)
    p.add_argument("--window-ms", type=int, default=1000, help="of --read-rate, in octets")
    p.add_argument("--text-only", action="store_true")
    p.add_argument("--forbidden", help="in a text message")
    p.add_argument("--json", action="store_true", help='only {"say": "..."}')
    p.add_argument("--naive", action="store_true", help="--json as it is done in a hurry")
    p.add_argument("--close-code", type=int)
    p.add_argument("--drop", action="store_true")
    p.add_argument("--never", action="store_true")
    settings = p.parse_args()
    asyncio.run(main())
