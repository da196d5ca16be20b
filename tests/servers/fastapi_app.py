#!/usr/bin/python3
"""A FastAPI application on uvicorn, written as people write them.

/echo       echoes text and binary
/auth       ?token=...: checked AFTER accept; missing or wrong -> Close 1008
/refuse     ?token=...: checked BEFORE accept; wrong -> close() then, which becomes HTTP 403
/login      the first message is the token (bare, or {"token": "..."}), then echo
/app        ?token=good-1: a little protocol in JSON, see app_messages(); POST /revoke closes its
            sessions with 1008
/ws-login   the first message is {"type":"login","user":"alice"}; a token comes back; then echo
GET /token  {"token": "good-1"}

Tokens: "good-1", "good-2" and those of --token are always valid; "ttl-SECONDS" (also "ttl-SECONDS-...") from the moment a
connection shows it for that long, then Close 1008 "token expired", found by a timer and on each
message; "old-..." has expired; anything else is wrong, and so is the parameter more than once (RFC
6750 3.1).
"""

import asyncio
import json
import os
import re
import time

import fastapi
import uvicorn

import common

app = fastapi.FastAPI()
settings = None
serial = 0


class Refused(Exception):
    """The connection is to be closed with 1008 and this reason."""


def lifetime(token):
    """Seconds this token lives from now on; raises Refused if it is not valid at all."""
    if not token:
        raise Refused("token missing")
    if token in settings.token:
        return float("inf")
    ttl = re.fullmatch(r"ttl-(\d+(?:\.\d+)?)(?:-.*)?", token)
    if ttl:
        return float(ttl.group(1))
    raise Refused("token expired" if token.startswith("old-") else "token invalid")


async def receive(socket, deadline, reason):
    """One message as str or bytes, or None when the client has gone."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise Refused(reason)
    try:
        message = await asyncio.wait_for(socket.receive(),
                                         None if left == float("inf") else left)
    except asyncio.TimeoutError:
        raise Refused(reason) from None
    if message["type"] == "websocket.disconnect":
        return None
    text = message.get("text")
    return message.get("bytes") if text is None else text


async def echo_until(socket, deadline):
    while True:
        message = await receive(socket, deadline, "token expired")
        if message is None:
            return
        if time.monotonic() >= deadline:
            raise Refused("token expired")
        if isinstance(message, str):
            await socket.send_text(message)
        else:
            await socket.send_bytes(message)


async def guarded(socket, work):
    await socket.accept()
    try:
        await work()
    except Refused as refused:
        await socket.close(code=1008, reason=str(refused))
    except (fastapi.WebSocketDisconnect, RuntimeError):
        pass  # gone while we were writing


@app.get("/token")
def token():
    return {"token": "good-1"}


@app.websocket("/echo")
async def echo(socket: fastapi.WebSocket):
    await guarded(socket, lambda: echo_until(socket, float("inf")))


@app.websocket("/auth")
async def auth(socket: fastapi.WebSocket):
    async def work():
        await echo_until(socket, time.monotonic() + lifetime(query_token(socket)))
    await guarded(socket, work)


@app.websocket("/refuse")
async def refuse(socket: fastapi.WebSocket):
    try:
        end = time.monotonic() + lifetime(query_token(socket))
    except Refused:
        await socket.close(code=1008)
        return
    await guarded(socket, lambda: echo_until(socket, end))


def query_token(socket):
    """FastAPI's own parameter would be the last of several."""
    tokens = socket.query_params.getlist("token")
    return tokens[0] if len(tokens) == 1 else ""


def auth_deadline():
    return time.monotonic() + settings.auth_deadline_ms / 1000


@app.websocket("/login")
async def login(socket: fastapi.WebSocket):
    async def work():
        first = await receive(socket, auth_deadline(), "authentication timeout")
        if first is None:
            return
        try:
            first = json.loads(first)["token"]
        except (ValueError, TypeError, KeyError):
            pass
        await echo_until(socket, time.monotonic() +
                         lifetime(first if isinstance(first, str) else None))
    await guarded(socket, work)


sessions = set()  # of /app


@app.post("/revoke", status_code=204)
async def revoke():
    if settings.deaf:
        return
    for session in list(sessions):
        session.put_nowait(None)


async def app_messages(socket, inbox):
    """{"type": "say", "text": ...} comes back as "said"; {"type": "login"} may come once;
    {"type": "subscribe", "channel": "alice"} is granted, another's is answered with an error."""
    logged_in = False
    while True:
        message = await inbox.get()
        if message is None:
            raise Refused("access withdrawn")
        try:
            message = json.loads(message)
            kind = message["type"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise Refused("not a message of this protocol") from None
        if kind == "say" and isinstance(message.get("text"), str):
            await socket.send_json({"type": "said", "text": message["text"]})
        elif kind == "subscribe":
            channel = message.get("channel")
            if channel == "alice" or settings.leaky:
                await socket.send_json({"type": "event", "channel": channel, "text": "a secret"})
            if channel != "alice":
                await socket.send_json({"type": "error", "why": "forbidden"})
        elif kind == "login" and not settings.loginless and (
                not logged_in or settings.orderless):
            logged_in = True
            await socket.send_json({"type": "said", "text": "welcome"})
        elif not settings.orderless:
            raise Refused("not now")


async def app_inbox(socket, inbox):
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        inbox.put_nowait(message.get("text") or "")


@app.websocket("/app")
async def little_protocol(socket: fastapi.WebSocket):
    async def work():
        lifetime(query_token(socket))
        inbox = asyncio.Queue()
        sessions.add(inbox)
        reader = asyncio.ensure_future(app_inbox(socket, inbox))
        writer = asyncio.ensure_future(app_messages(socket, inbox))
        try:
            await asyncio.wait((reader, writer), return_when=asyncio.FIRST_COMPLETED)
            if writer.done():
                writer.result()
        finally:
            reader.cancel()
            writer.cancel()
            sessions.discard(inbox)
    await guarded(socket, work)


@app.websocket("/ws-login")
async def ws_login(socket: fastapi.WebSocket):
    async def work():
        global serial
        first = await receive(socket, auth_deadline(), "authentication timeout")
        if first is None:
            return
        try:
            first = json.loads(first)
        except ValueError:
            first = None
        if first != {"type": "login", "user": "alice"}:
            raise Refused("login expected")
        serial += 1
        await socket.send_text(json.dumps({
            "type": "welcome", "user": "alice", "token": f"ttl-{settings.login_ttl:g}-{serial}"}))
        await echo_until(socket, float("inf"))
    await guarded(socket, work)


class Server(uvicorn.Server):
    def install_signal_handlers(self):
        pass  # the contract's own are used


async def main():
    sock = common.listener(settings.port)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    common.stop_on_request(settings, lambda: loop.call_soon_threadsafe(stopped.set))
    server = Server(uvicorn.Config(app, ws=settings.ws, log_config=None, access_log=False,
                                   ws_max_size=64 * 1024 * 1024, lifespan="off"))
    running = asyncio.ensure_future(server.serve(sockets=[sock]))
    while not server.started:
        if running.done():
            running.result()
            raise SystemExit(1)
        await asyncio.sleep(0.01)
    common.announce(sock)
    await stopped.wait()
    os._exit(0)


if __name__ == "__main__":
    p = common.parser(__doc__.splitlines()[0])
    p.add_argument("--ws", choices=["websockets", "wsproto"], default="websockets")
    p.add_argument("--login-ttl", type=float, default=3, help="seconds a /ws-login token lives")
    p.add_argument("--auth-deadline-ms", type=int, default=5000)
    p.add_argument("--deaf", action="store_true", help="POST /revoke does nothing")
    p.add_argument("--leaky", action="store_true", help="/app tells of other people's channels")
    p.add_argument("--orderless", action="store_true", help="/app takes messages in any order")
    p.add_argument("--loginless", action="store_true", help="/app takes no login")
    p.add_argument("--token", action="append", default=["good-1", "good-2"])
    settings = p.parse_args()
    asyncio.run(main())
