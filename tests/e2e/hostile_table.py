"""What the driver shall make of each hostile behaviour (tests/servers/hostile_*.py), in one place.

Each is met by two built-in scenarios: `good` (utf8/valid-u-ok-01: valid text shall be accepted) and
`bad` (utf8/ill-formed-u-ov-01: Close 1007 is due), after a control that an honest server answers
where the behaviour begins after the handshake. A verdict is (verdict, class). A behaviour of the
handshake meets the control too: nothing can be judged then, exit code 3.
"""

import dataclasses
from typing import Optional

NOT_JUDGED = ("skipped", None)
ACCEPTED = ("pass", None)
EXACT = ("pass", "exact")
HUNG = ("fail", "hung")
DOWN = ("skipped", None)
BROKEN = ("fail", "broken")
REPAIRED = ("fail", "repaired")
OTHER_CODE = ("fail", "other-code")
DROP = ("fail", "drop")
MAY_DROP = ("tolerated", "drop")


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    level: str  # handshake, frame or close
    good: tuple
    bad: tuple
    code: int
    query: str = ""  # of the behaviour
    says: Optional[str] = None  # stands in the console's text

    @property
    def title(self):
        return f"{self.name} {self.query}".strip()

    def path(self):
        honest_first = 0 if self.level == "handshake" else 1
        return f"/{self.name}?good={honest_first}" + ("&" + self.query if self.query else "")


def handshake(name, says, good=NOT_JUDGED, bad=NOT_JUDGED, code=3, query=""):
    return Row(name, "handshake", good, bad, code, query, says)


def frame(name, good, bad, says=None, code=1):
    return Row(name, "frame", good, bad, code, "", says)


def close(name, good, bad, says=None, code=1, query=""):
    return Row(name, "close", good, bad, code, query, says)


def close_body(octets, says):
    return close("close-body", BROKEN, BROKEN, says, query="hex=" + octets)


TABLE = [
    handshake("silent", "No answer to the opening handshake within 1000 ms"),
    handshake("reset-at-once", "reset before the handshake was answered"),
    handshake("end-at-once", "closed before the handshake was answered"),
    handshake("garbage", "The first line is not HTTP"),
    handshake("tls-alert", "The port speaks TLS"),
    handshake("http2", "The first line is not HTTP"),
    handshake("status-garbage", "no three-digit status"),
    handshake("endless-line", "longer than 65536 octets"),
    handshake("endless-headers", "longer than 65536 octets"),
    handshake("megabyte-of-headers", "longer than 65536 octets"),
    handshake("many-headers", "more than 256 header lines"),
    handshake("wrong-accept", "Sec-WebSocket-Accept"),
    handshake("no-accept", "no Sec-WebSocket-Accept"),
    handshake("two-accepts", "Sec-WebSocket-Accept"),
    handshake("folded-header", "folded"),
    handshake("nasty-name", "not a token"),
    handshake("nasty-value", None, ACCEPTED, EXACT, 0),
    handshake("nul-in-value", "a bare CR or a NUL"),
    handshake("bare-cr", "a bare CR or a NUL"),
    handshake("drip", "No answer to the opening handshake within 1000 ms"),
    handshake("early-hints", None, ACCEPTED, EXACT, 0),
    handshake("interim-flood", "more than 16 interim answers"),
    handshake("endless-body", "HTTP 200"),
    handshake("forbidden", "HTTP 403"),
    handshake("gzip-bomb", "HTTP 403"),
    handshake("nasty-refusal", "HTTP 403"),
    handshake("old-version", "where a 101 needs HTTP/1.1"),
    handshake("extension", "was not offered"),
    handshake("subprotocol", "was not offered"),
    handshake("frame-with-101", None, ACCEPTED, EXACT, 0),

    # The first two say nothing after the first connection: the scenario that meets it first is blamed.
    frame("mute", HUNG, DOWN),
    frame("never-reads", HUNG, DOWN),
    frame("huge-then-silence", HUNG, HUNG),
    frame("huge-then-data", HUNG, HUNG, "floods"),
    frame("top-bit", BROKEN, BROKEN, "top bit"),
    frame("endless-fragments", HUNG, HUNG, "floods"),
    frame("empty-fragments", HUNG, HUNG, "floods"),
    frame("text-flood", REPAIRED, REPAIRED),
    frame("different-texts", REPAIRED, REPAIRED),
    frame("empty-flood", REPAIRED, REPAIRED),
    frame("ping-flood", HUNG, HUNG),
    frame("ping-flood-unread", HUNG, HUNG),
    frame("pong-flood", HUNG, HUNG, "floods"),
    frame("masked", BROKEN, BROKEN, "masked"),
    frame("rsv", BROKEN, BROKEN, "RSV1"),
    frame("reserved-opcode", BROKEN, BROKEN, "reserved opcode"),
    frame("lone-continuation", BROKEN, BROKEN, "continuation"),
    frame("long-ping", BROKEN, BROKEN, "126 octets"),
    frame("nasty-text", REPAIRED, REPAIRED),
    frame("not-utf8", BROKEN, BROKEN, "not UTF-8"),
    frame("wrong-connection", REPAIRED, REPAIRED),
    frame("octet-by-octet", ACCEPTED, EXACT, code=0),

    close_body("03", "one octet"),
    close_body("0000", "code 0"),
    close_body("03e7", "code 999"),
    close_body("03ed", "code 1005"),
    close_body("03ee", "code 1006"),
    close_body("03f7", "code 1015"),
    close_body("1388", "code 5000"),
    close_body("ffff", "code 65535"),
    close("close-body", OTHER_CODE, OTHER_CODE, "without a code", query="hex="),
    close("close-nasty-reason", OTHER_CODE, EXACT, "\\x1B"),
    close("close-reason-not-utf8", BROKEN, BROKEN, "reason that is not UTF-8"),
    close("close-too-long", BROKEN, BROKEN, "126 octets"),
    close("close-twice", BROKEN, BROKEN, "its Close twice"),
    close("close-twice-later", BROKEN, BROKEN, "its Close twice"),
    close("data-after-close", BROKEN, BROKEN, "after a Close"),
    close("flood-after-close", BROKEN, BROKEN, "after a Close"),
    # The bad text is answered with the server's own Close, the good one with our goodbye.
    close("two-goodbyes", BROKEN, BROKEN, "its Close twice"),
    close("second-goodbye-later", BROKEN, EXACT, "its Close twice"),
    close("text-after-goodbye", BROKEN, BROKEN, "after a Close"),
    close("close-keeps-tcp", OTHER_CODE, EXACT, "TCP left open"),
    close("close-then-reset", OTHER_CODE, EXACT),
    close("reset-in-frame", DROP, MAY_DROP, "reset"),
    close("end-in-frame", DROP, MAY_DROP),
    close("half-open", DROP, MAY_DROP),
    close("close-at-once", OTHER_CODE, OTHER_CODE, "Close 1000"),
]
