#!/usr/bin/python3
"""Checks that verdicts do not depend on timing: steady.py [TIMES [TARGET...]]   (./dev steady; TIMES: 10)

Runs every real server with its suites TIMES in a row with -j 1, -j 16 and -j 64, while another
process keeps one core busy, and compares: the verdict of a scenario must be the same in
all runs, and so must its class. Prints a line for each target and what differed; exit code 1 if a
verdict did. A target is one of those below; without a name all.
"""

import collections
import contextlib
import os
import subprocess
import sys
import time

from harness import PYTHON, ROOT, run_started
from truth import SERVERS, built

UTF8 = ("utf8", "binary-as-text", "close-reason")
JOBS = (1, 16, 64)


def profile(name):
    return "--target", str(ROOT / "tests" / "profiles" / f"{name}.json")


# name: server, path, arguments of `wsspec run`. First every suite on the servers of ./dev truth.
TARGETS = {
    **{name: (program, path, arguments) for name, (_, program, path, arguments) in SERVERS.items()
       if built(program[0])},
    "FastAPI on uvicorn, websockets": (("fastapi_app.py",), "/echo", UTF8),
    "JSON chat on npm ws": (("chat.mjs",), "/", (*UTF8, *profile("chat"), "--exclude", "tag:big")),
    "graphql-ws": (("graphql.mjs",), "/", (*UTF8, *profile("graphql"), "--exclude", "tag:big")),
    "a silent sink": (("sink.py",), "/", ("utf8/valid*", "utf8/ill-formed*", "close-reason",
                                          *profile("sink"))),
    "rates on npm ws": (("ws_policy.mjs", "--limit", 20, "--forbidden", "badword", "--deflate"),
                        "/", ("policy", *profile("ws-policy"))),
    "rates by address on npm ws": (
        ("ws_policy.mjs", "--limit", 20, "--scope", "address", "--max-connections", 8,
         "--connect-limit", 20, "--deny", "127.0.0.66", "--strikes", 3, "--penalty-ms", 1000), "/",
        ("policy/exactly-*", "policy/burst-above-*", "policy/rate-shared-*", "policy/strikes",
         "policy/connections-above-*", "policy/slots-*", "policy/denied-*", "policy/data-that-*",
         *profile("ws-policy-address"), "--set", "policy.spare=3")),
    "tokens on FastAPI": (("fastapi_app.py",), "/auth",
                          ("policy/*token*", *profile("fastapi-token"))),
    "JSON application on FastAPI": (("fastapi_app.py",), "/app",
                                    ("policy", *profile("fastapi-app"))),
    "sizes and paces on Tornado": (
        ("tornado_app.py", "--max-message", 65536, "--max-frame", 16384, "--max-fragments", 100,
         "--frame-timeout-ms", 1500, "--message-timeout-ms", 1500, "--text-only", "--forbidden",
         "badword"), "/", ("policy", *profile("tornado"))),
    "JSON on Tornado": (("tornado_app.py", "--json"), "/", ("policy", *profile("tornado-json"))),
}


@contextlib.contextmanager
def busy_core():
    burner = subprocess.Popen([PYTHON, "-c", "import os\nwhile os.getppid() != 1: pass"])
    try:
        yield
    finally:
        burner.kill()
        burner.wait()


def runs_of(name, times):
    """Per scenario what it gave, and how often: {name: {(verdict, class): [jobs, ...]}}."""
    server, path, arguments = TARGETS[name]
    seen = collections.defaultdict(lambda: collections.defaultdict(list))
    diagnoses = {}
    for jobs in JOBS:
        for _ in range(times):
            run, report = run_started(server[0], server[1:], path, *arguments, "-j", jobs, timeout=600)
            if report is None:
                raise SystemExit(f"{name}: no report\n{run}")
            for row in report["scenarios"]:
                seen[row["name"]][row["verdict"], row["class"]].append(jobs)
                if row["verdict"] in ("fail", "error"):
                    diagnoses[row["name"]] = row["diagnosis"]
    return seen, diagnoses


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    names = sys.argv[2:] or list(TARGETS)
    for name, (_, program, _, _) in SERVERS.items():
        if not built(program[0]):
            print(f"{name}: left out, {program[0]} is not built (./dev truth builds it)")
    os.environ.setdefault("WSSPEC", str(ROOT / "build" / "release" / "wsspec"))
    differing = 0
    print(f"{times} runs each of -j {', '.join(map(str, JOBS))}, beside a busy core")
    with busy_core():
        for name in names:
            begin = time.monotonic()
            seen, diagnoses = runs_of(name, times)
            usual = collections.Counter(max(of, key=lambda key: len(of[key]))[0]
                                        for of in seen.values())
            odd = {scenario: of for scenario, of in seen.items() if len(of) > 1}
            verdicts = sum(len({verdict for verdict, _ in of}) > 1 for of in odd.values())
            differing += verdicts
            counts = ", ".join(f"{n} {verdict}" for verdict, n in sorted(usual.items()))
            print(f"{name}: {counts}; differing verdicts {verdicts}, differing classes "
                  f"{len(odd) - verdicts}  ({time.monotonic() - begin:.0f} s)", flush=True)
            for scenario, of in sorted(odd.items()):
                told = "; ".join(f"{verdict} {cls}: {len(jobs)}x (-j {sorted(set(jobs))})"
                                 for (verdict, cls), jobs in of.items())
                print(f"    {scenario}: {told}. {diagnoses.get(scenario, '')}", flush=True)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
