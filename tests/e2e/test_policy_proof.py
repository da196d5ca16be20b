"""Every policy scenario passes on a server that keeps its promises, and is a finding on one that
does not: a lax one that promises and enforces nothing, or one that is wrong in its own way."""

import collections
import concurrent.futures
import json
import re
import unittest

from harness import Case, Server, run_json, wsspec
from serving import Serve

SLOW = 2500  # ms: timeouts are tested with a tenth of it to spare, on a machine that is busy
TOKEN = {"send": {"query": "token"}, "valid": "good-1", "wrong": ["bad", ""], "expired": "old-1"}
RATE = {"limit": 20, "window_ms": 1000}
JUST_A_CLOSE = ["--close-code", 1011]
ONE_TOKEN = ["--token", "good-1", "--late-refusal"]


def serve(**flags):
    out = []
    for name, value in flags.items():
        out.append("--" + name.replace("_", "-"))
        if value is not True:
            out.append(value)
    return lambda: Serve(*out)


def ws(*options):
    return lambda: Server("ws_policy.mjs", *options)


def tornado(*options):
    return lambda: Server("tornado_app.py", "--send-buffer", 16384, *options)


def fastapi(*options):
    return lambda: Server("fastapi_app.py", *options)


LAX = serve()


class Group:
    """What a profile declares, the scenarios it is about, the right server and the wrong ones, each
    with the scenarios it must be found by ("*" = all; the others may pass or fail on it)."""

    def __init__(self, names, policy, right, *wrong, path="/", params=None, **profile):
        self.names = names.split()
        self.settings = {"capabilities.echo": True}
        self.settings.update({f"policy.{key}": value for key, value in policy.items()})
        self.settings.update({f"policy.{key}": value for key, value in (params or {}).items()})
        self.settings.update(profile)
        self.right = right
        self.wrong = wrong
        self.path = path

    def options(self, pattern):
        names = self.names if pattern == "*" else pattern.split()
        out = ["policy/" + name for name in names]
        out.append("--slow")
        for name, value in self.settings.items():
            out += ["--set", f"{name}={json.dumps(value)}"]
        return out


CONTENT = {"messages": ["badword"], "near_misses": ["badwort"], "counts": ["text"]}
MUST_CLOSE = ("burst-above-the-rate one-message-above-the-rate empty-messages-count "
              "new-connection-after-the-penalty ramp-through-the-rate "
              "texts-and-binaries-counted-together neighbours-unharmed close-in-mid-send "
              "twice-the-rate-around-a-window-edge nothing-after-the-close *-for-a-rate* "
              "forbidden-content* pong-before-the-close *-for-content* rate-not-reset-by-others "
              "no-penalty-where-none-is-declared")

GROUPS = [
    Group(MUST_CLOSE + " steady-below-the-rate exactly-the-rate-* full-bucket-after-idling "
          "rate-after-an-idle-window rate-of-each-connection new-connection-has-a-rate-of-its-own "
          "nearly-forbidden-* forbidden-text-as-binary-*",
          {"message_rate": RATE, "bucket": 20, "forbidden": CONTENT, "close_timeout_ms": 1000},
          serve(message_rate=20, forbidden="badword"),
          (LAX, MUST_CLOSE),
          (ws("--limit", 20, "--early", 8, "--forbidden", "badwor"),
           "steady-below-the-rate exactly-the-rate-* full-bucket-after-idling "
           "rate-after-an-idle-window ramp-through-the-rate nearly-forbidden-*"),
          (ws("--limit", 20, "--scope", "address"), "rate-of-each-connection new-connection-has-*"),
          (ws("--limit", 20, "--forget-on-connect"), "rate-not-reset-by-others"),
          (ws("--limit", 20, "--penalty-ms", 400), "no-penalty-*"),
          (ws("--limit", 20, "--forbidden", "badword", "--close-after-ms", 2000),
           "burst-* one-message-* empty-* forbidden-content-0 *-for-a-rate *-for-content"),
          (ws("--limit", 20, "--close-after-ms", 300, "--serve-on"),
           "burst-* one-message-* empty-* texts-and-binaries-counted-together"),
          (ws("--forbidden", "badword", "--deflate", "--echo-first"),
           "forbidden-content-0 forbidden-content-in-fragments-0 forbidden-content-in-pieces-0 "
           "forbidden-content-compressed-* pong-before-the-close"),
          (ws("--forbidden", "badword", "--deflate", "--echo-fragments"),
           "forbidden-content-in-fragments-0 forbidden-content-compressed-in-fragments-0"),
          (ws("--forbidden", "badword", "--deflate", "--broadcast", "--tell-first"),
           "forbidden-content-*-reaches-nobody-0"),
          (ws("--forbidden", "badword", "--deflate", "--broadcast", "--tell-fragments"),
           "forbidden-content-*in-fragments-reaches-nobody-0"),
          (ws("--limit", 20, "--forbidden", "badword", "--deflate", *JUST_A_CLOSE),
           "burst-* one-message-* empty-* ramp-* forbidden-content-* reason-leaks-*"),
          (ws("--limit", 20, "--forbidden", "badword", "--deflate", "--drop"),
           "burst-* one-message-* ramp-* forbidden-content-* close-in-mid-send"),
          (ws("--limit", 20, "--forbidden", "badword", "--linger"), "tcp-ends-* close-for-*"),
          (ws("--limit", 20, "--talk-on"), "nothing-after-the-close"),
          (ws("--limit", 20, "--block-ms", 1500), "neighbours-unharmed"),
          (ws("--limit", 20, "--forbidden", "badword", "--reason",
              "Error: at send (/srv/app/index.js:1)"), "reason-leaks-*"),
          (ws("--limit", 20, "--forbidden", "badword", "--forbid-binary"),
           "forbidden-text-as-binary-*"),
          params={"windows": 2, "edge_ms": 150, "slack_ms": 500}),
    Group("new-connection-inside-the-penalty", {"message_rate": {**RATE, "penalty_ms": 800}},
          ws("--limit", 20, "--penalty-ms", 800), (ws("--limit", 20), "*"),
          (ws("--limit", 20, "--penalty-ms", 5000), "*")),
    Group("stall-released-at-once", {"message_rate": RATE}, ws("--limit", 40),
          (ws("--limit", 13), "*"), params={"stall_ms": 1500}),
    Group("bytes-*", {"byte_rate": {"limit": 40000, "window_ms": 1000}},
          ws("--byte-limit", 40000), (LAX, "bytes-above-*"),
          (ws("--byte-limit", 40000, "--early", 20000), "bytes-below-*"), params={"windows": 2}),
    Group("pings-above-* pongs-above-* pings-at-* texts-and-pings-counted-apart heartbeat-pings",
          {"message_rate": RATE, "control_rate": {"limit": 20, "window_ms": 1000}},
          ws("--limit", 20, "--control-limit", 20), (LAX, "pings-above-* pongs-above-*"),
          (ws("--limit", 20, "--counts", "text,ping", "--window-ms", 2000),
           "texts-and-pings-counted-apart"),
          (ws("--control-limit", 3, "--window-ms", 5000), "pings-at-* heartbeat-pings"),
          params={"heartbeats": 5, "heartbeat_ms": 200}),
    Group("texts-and-pings-counted-together",
          {"message_rate": {**RATE, "counts": ["text", "ping"]}},
          ws("--limit", 20, "--counts", "text,ping"), (ws("--limit", 20), "*")),
    Group("texts-and-binaries-counted-apart", {"message_rate": {**RATE, "counts": ["text"]}},
          ws("--limit", 20, "--counts", "text"), (ws("--limit", 20), "*")),
    Group("rate-shared-by-token rate-kept-over-a-reconnect-of-one-token one-token-at-two-addresses",
          {"message_rate": {**RATE, "scope": "token"}, "token": TOKEN},
          ws("--limit", 20, "--scope", "token"), (ws("--limit", 20), "*"),
          (ws("--limit", 20, "--scope", "token", "--forget-on-close"), "rate-kept-*"),
          (ws("--limit", 20, "--scope", "address+token"), "one-token-*")),
    Group("rate-shared-by-address rate-kept-over-a-reconnect-of-one-address "
          "another-address-has-a-rate-of-its-own", {"message_rate": {**RATE, "scope": "address"}},
          ws("--limit", 20, "--scope", "address"), (ws("--limit", 20), "rate-*"),
          (ws("--limit", 20, "--scope", "address", "--forget-on-close"), "rate-kept-*"),
          (ws("--limit", 20, "--scope", "everybody"), "another-address-*")),
    Group("trace-of-forbidden-content-*", {"forbidden": {**CONTENT, "trace": "badw[o0]rd"}},
          ws("--forbidden", "badword", "--deflate", "--broadcast"),
          (ws("--forbidden", "badword", "--deflate", "--broadcast", "--tell-first"), "*"),
          (ws("--forbidden", "badword", "--deflate", "--broadcast", "--tell-fragments"),
           "trace-of-forbidden-content-*in-fragments-*"), chatty=True),
    Group("forbidden-content-*-stays-out-of-the-room-*", {"forbidden": CONTENT},
          ws("--forbidden", "badword", "--deflate", "--broadcast"),
          (ws("--forbidden", "badword", "--deflate", "--broadcast", "--tell-first"), "*"),
          (ws("--forbidden", "badword", "--deflate", "--broadcast", "--tell-fragments"),
           "forbidden-content-*in-fragments-*"),
          (ws("--forbidden", "badword", "--deflate"), "*"), chatty=True,
          **{"capabilities.broadcast": True, "capabilities.echo": False}),
    Group("ping-flood ping-flood-unread pong-flood", {}, LAX,
          (ws("--mute-pings", "--control-limit", 50, *JUST_A_CLOSE), "*"),
          (ws("--mute-pings"), "ping-flood ping-flood-unread"),
          params={"pings": 3000, "unread_pings": 40000, "pongs": 5000, "unread_ms": 300},
          **{"capabilities.ping": True}),
    Group("decompression-bomb message-below-the-ratio", {"ratio": 100},
          ws("--deflate", "--ratio", 100), (ws("--deflate"), "decompression-bomb"),
          (ws("--deflate", "--ratio", 20), "message-below-the-ratio")),
    Group("message-above-* message-of-exactly-the-size message-of-exactly-the-size-compressed "
          "header-* fragments-* too-many-* as-many-* "
          "endless-tiny-fragments endless-empty-fragments close-survives-*",
          {"message_bytes": 65536, "fragments": 100},
          serve(max_message=65536, max_fragments=100),
          (ws("--max-payload", 0, "--deflate"), "message-above-* header-* fragments-*"),
          (LAX, "too-many-* endless-tiny-fragments endless-empty-fragments"),
          (ws("--max-payload", 65536, "--lose-close"), "close-survives-*"),
          (serve(max_message=30000, max_fragments=50), "message-of-exactly-* as-many-*"),
          params={"endless": 20000}),
    Group("frame-* frames-* message-of-exactly-the-size-in-frames stalled-* reader-that-stops",
          {"message_bytes": 5000, "frame_bytes": 1000, "frame_timeout_ms": SLOW, "message_timeout_ms": SLOW,
           "queue_bytes": 1 << 20},
          tornado("--max-frame", 1000, "--frame-timeout-ms", SLOW, "--message-timeout-ms", SLOW,
                  "--max-queue", 1 << 20),
          (tornado(), "frame-above-* stalled-* reader-that-stops"),
          (tornado("--max-frame", 900, "--frame-timeout-ms", SLOW, "--message-timeout-ms", SLOW,
                   "--early-ms", 1000), "frames-* message-of-* stalled-*"),
          params={"unread_octets": 8 << 20, "unread_message": 1000, "unread_ms": 1000}),
    # The server enforces two thirds of what it declares: neither side's clock is exact.
    Group("reader-below-the-read-rate slow-but-steady-reader",
          {"read_rate": {"limit": 65536, "window_ms": 1000}},
          tornado("--read-rate", 43000), (tornado(), "reader-below-the-read-rate"),
          (tornado("--read-rate", 300000), "slow-but-steady-reader"),
          params={"unread_octets": 6 << 20, "unread_ms": 200, "read_windows": 4}),
    Group("idle-too-long messages-just-below-idle pings-just-below-idle",
          {"idle_timeout_ms": {"limit": SLOW, "counts": ["text", "binary", "ping"]}},
          ws("--idle-ms", SLOW, "--idle-counts-pings"), (LAX, "idle-too-long"),
          (ws("--idle-ms", SLOW, "--early", 1000), "*"), params={"idle_rounds": 2}),
    Group("session-too-long", {"session_ms": SLOW}, ws("--session-ms", SLOW), (LAX, "*"),
          (ws("--session-ms", SLOW, "--early", 1000), "*")),
    Group("connections-* slots-*", {"connections": {"limit": 8, "action": "refuse", "status": 503}},
          ws("--max-connections", 8), (LAX, "connections-above-*"),
          (ws("--max-connections", 5), "*"), (ws("--max-connections", 8, "--leak"), "slots-*"),
          params={"spare": 3, "hold_ms": 500, "freed_ms": 500}),
    Group("connects-at-the-rate connects-above-the-rate",
          {"connect_rate": {"limit": 10, "window_ms": 1000, "action": "refuse", "status": 429}},
          ws("--connect-limit", 10), (LAX, "connects-above-the-rate"),
          (ws("--connect-limit", 5), "connects-at-*"), params={"churn_rounds": 2}),
    Group("half-open-handshakes bad-handshake-flood", {"handshake_timeout_ms": SLOW},
          ws("--handshake-ms", SLOW), (ws("--lax-handshake"), "*"),
          (ws("--handshake-ms", 1000), "half-open-handshakes"),
          params={"half_open": 50, "bad_handshakes": 200}),
    Group("denied-address-*", {"deny_address": {"addresses": ["127.0.0.66", "127.0.0.67"]}},
          ws("--deny", "127.0.0.66,127.0.0.67"), (LAX, "*")),
    Group("sessions-*", {"sessions_per_token": 2, "token": TOKEN},
          ws("--max-sessions", 2, "--late-refusal"), (LAX, "sessions-above-*"),
          (ws("--max-sessions", 1, "--late-refusal"), "sessions-at-*")),
    Group("no-token wrong-token-* expired-token valid-token refusal-of-* *-for-a-token",
          {"token": TOKEN}, serve(token="good-1"),
          (LAX, "no-token wrong-token-* expired-token refusal-of-* *-for-a-token"),
          (serve(token="other"), "valid-token"),
          (fastapi(), "refusal-of-expired-*"), path="/auth"),
    Group("almost-valid-token-* token-twice-* nothing-served-*", {"token": TOKEN},
          ws(*ONE_TOKEN), (ws(*ONE_TOKEN, "--token-check", "none"), "*"),
          (ws(*ONE_TOKEN, "--token-check", "begins-with-given"), "almost-valid-token-prefix"),
          (ws(*ONE_TOKEN, "--token-check", "given-begins-with"), "almost-valid-token-longer"),
          (ws(*ONE_TOKEN, "--token-check", "case"), "almost-valid-token-other-case"),
          (ws(*ONE_TOKEN, "--token-check", "trim"), "almost-valid-token-blank-*"),
          (ws(*ONE_TOKEN, "--token-check", "decode"), "almost-valid-token-percent-encoded"),
          (ws(*ONE_TOKEN, "--token-check", "falsy"), "almost-valid-token-empty"),
          (ws(*ONE_TOKEN, "--token-check", "first"), "token-twice-valid-first"),
          (ws(*ONE_TOKEN, "--token-check", "last"), "token-twice-valid-last"),
          (ws(*ONE_TOKEN, "--token-late-ms", 100), "nothing-served-*"),
          (ws(*ONE_TOKEN, "--token-late-ms", 1000), "nothing-served-*")),
    # The time that a token lives is enough to test it.
    Group("token-runs-out token-runs-out-idle", {"token": {"ttl_ms": 1500}},
          ws("--token-ttl-ms", 1500), (ws(), "*"), (ws("--token-ttl-ms", 700), "*"),
          (ws("--token-ttl-ms", 1500, "--token-ttl-check", "message"), "token-runs-out-idle"),
          (ws("--token-ttl-ms", 1500, "--token-ttl-check", "idle"), "token-runs-out"),
          params={"active_ms": 100}),
    Group("no-auth-message data-before-auth",
          {"token": {**TOKEN, "send": {"message": "${token}"}}, "auth_deadline_ms": SLOW},
          fastapi("--auth-deadline-ms", SLOW), (LAX, "*"),
          (fastapi("--auth-deadline-ms", 1000), "no-auth-message"), path="/login"),
    Group("foreign-origin-* allowed-origin-* no-origin",
          {"origin": {"allowed": ["https://b.example"], "denied": ["https://evil.example", "null"],
                      "absent": True, "action": "refuse", "status": 403}},
          lambda: Serve("--origin", "https://a.example", "--origin", "https://b.example"),
          (LAX, "foreign-origin-*"), (serve(origin="https://a.example"), "allowed-origin-*"),
          (ws("--origin", "https://a.example"), "no-origin"),
          # A header of the scenario takes the place of the profile's own.
          headers=[["Origin", "https://a.example"]]),
    Group("no-subprotocol unknown-subprotocol required-subprotocol-*",
          {"subprotocol": {"required": ["v1"]}}, ws("--subprotocol", "v1", "--late-refusal"),
          (ws(), "no-subprotocol unknown-subprotocol"),
          (ws("--subprotocol", "v2", "--late-refusal"), "required-subprotocol-*"),
          subprotocols=["v1"]),
    Group("binary-to-a-text-endpoint", {"text_only": True}, serve(text_only=True), (LAX, "*")),
    Group("not-json-* odd-json-* json-of-*",
          {"json": {"messages": ['{"say": 1}', '["say"]'], "near_misses": ['{"say": "hi"}']}},
          tornado("--json"), (tornado("--json", "--naive"), "not-json-text not-json-empty-object "
                              "not-json-wrong-shape not-json-depth json-of-another-shape-*"),
          (tornado("--json", "--never"), "not-json-* odd-json-* json-of-another-shape-*"),
          (tornado("--forbidden", "hi"), "json-of-the-right-shape-*"),
          carrier={"prefix": '{"say": "', "suffix": '"}'}),
    Group("strikes", {"strikes": {"limit": 3, "breach": "?"}}, ws("--strikes", 3), (ws(), "*"),
          (ws("--strikes", 2), "*")),
    Group("data-that-looks-like-*", {}, LAX, (ws("--sanitise"), "*")),
]

APP = {"capabilities.echo": False, "capabilities.binary": False,
       "message": {"send": {"text": '{"type": "say", "text": "hello"}'},
                   "reply": {"json": {"/type": "said"}}},
       "carrier": {"prefix": '{"type": "say", "text": "', "suffix": '"}'},
       "triggers": {"revoke-session": [
           {"connect": {"handshake": False}},
           {"send": {"bytes": "POST /revoke HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"}},
           {"expect": {"http": 204}}]}}

GROUPS += [
    Group("right-withdrawn forbidden-to-this-user-* out-of-order-* in-order-*",
          {"token": TOKEN,
           "forbidden": {"messages": ['{"type": "subscribe", "channel": "bob"}'],
                         "action": "error_reply", "reply": {"json": {"/type": "error"}}},
           "order": {"messages": ['{"type": "said", "text": "x"}', '{"type": "ack", "id": 7}'],
                     "near_misses": ['{"type": "login", "user": "alice"}']}},
          fastapi(), (fastapi("--deaf", "--leaky", "--orderless"),
                      "right-withdrawn forbidden-to-this-user-* out-of-order-*"),
          (fastapi("--loginless"), "in-order-*"), path="/app", **APP),
]


def matches(pattern, name):
    return any(re.fullmatch(one.replace("*", ".*"), name.split("/")[1])
               for one in pattern.split())


def plain(name):
    """"wrong-token-0" and "wrong-token-1" are "wrong-token-any" where no profile is."""
    return re.sub(r"-\d+$", "-any", name)


class Proof(Case):
    """The servers and runs mostly wait: a few at a time, each with a process of its own."""

    @classmethod
    def setUpClass(cls):
        jobs = {}
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            for group in GROUPS:
                jobs[group] = [pool.submit(cls.verdicts, group, group.right, "*")]
                for server, pattern in group.wrong:
                    jobs[group].append(pool.submit(cls.verdicts, group, server, pattern,
                                                   "--timeout", 1500))
        cls.results = {group: [job.result() for job in done] for group, done in jobs.items()}

    @staticmethod
    def verdicts(group, start, pattern, *options):
        with start() as server:
            run, report = run_json(server.url(group.path), *group.options(pattern), *options,
                                   timeout=120)
        if report is None:
            raise RuntimeError(str(run))
        return {row["name"]: (row["verdict"], row["class"], row["diagnosis"])
                for row in report["scenarios"] if row["verdict"] != "skipped"}

    def test_each_passes_on_the_right_server(self):
        for group in GROUPS:
            passed = self.results[group][0]
            with self.subTest(group.names[0]):
                self.assertTrue(passed)
                self.assertEqual({name: row for name, row in passed.items() if row[0] != "pass"},
                                 {})

    def test_each_is_found_on_a_wrong_server(self):
        for group in GROUPS:
            right, *wrong = self.results[group]
            found = set()
            for (_, pattern), rows in zip(group.wrong, wrong):
                wanted = {name for name in right if matches(pattern, name)}
                with self.subTest(group.names[0], pattern=pattern):
                    self.assertTrue(wanted)
                    here = {name for name in wanted if rows[name][0] in ("fail", "tolerated")}
                    self.assertEqual({name: rows[name] for name in wanted - here}, {},
                                     "not found")
                found |= wanted
            self.assertEqual(sorted(set(right) - found), [], "never seen to fail")

    def test_no_scenario_is_left_out_and_none_is_proven_twice(self):
        proven = collections.Counter()
        for group in GROUPS:
            proven.update({plain(name) for name in self.results[group][0]})
        listed = {plain(row["name"])
                  for row in json.loads(wsspec("list", "--json").stdout)["scenarios"]
                  if row["name"].startswith("policy/")}
        self.assertEqual(sorted(proven), sorted(listed))
        self.assertEqual([name for name, times in proven.items() if times > 1], [])


if __name__ == "__main__":
    unittest.main()
