#!/usr/bin/python3
"""Third-party truth: truth.py [--learn] [SERVER...]   (./dev truth)

Runs every suite against real servers, written by other people, and compares the findings with
tests/golden/NAME.json: a list of {"scenarios": GLOB, "count", "section", "why"}. A finding stands there
only after the section of the RFC was read and the server was found wrong; where the scenario was,
it was mended. Whatever fails and is not in the list, or is in the list and does not fail, is
reported; exit code 1. --learn prints what is missing as entries to be filled in.
"""

import argparse
import collections
import fnmatch
import json
import sys

from harness import BUILT_SERVERS, ROOT, run_started

GOLDEN = ROOT / "tests" / "golden"

# name: what it is, program and arguments, path, arguments of `wsspec run`
SERVERS = {
    "ws": ("npm ws", ("ws_echo.mjs", "--deflate"), "/", ()),
    "websocket": ("npm websocket", ("websocket_echo.mjs",), "/", ()),
    "websockets": ("python3-websockets", ("websockets_echo.py",), "/", ()),
    "aiohttp": ("python3-aiohttp", ("aiohttp_echo.py",), "/", ()),
    "tornado": ("python3-tornado", ("tornado_app.py",), "/", ()),
    "uvicorn-wsproto": ("FastAPI on uvicorn, wsproto", ("fastapi_app.py", "--ws", "wsproto"),
                        "/echo", ()),
    "gorilla": ("gorilla/websocket, text checked by the application",
                ("gorilla_echo", "--utf8", "--deflate"), "/", ()),
    "beast": ("Boost.Beast", ("beast_echo", "--deflate"), "/", ()),
    "mojolicious": ("Mojolicious", ("mojolicious_echo.pl",), "/", ()),
}


def built(program):
    return "." in program or (BUILT_SERVERS / program).exists()


def golden(name):
    path = GOLDEN / f"{name}.json"
    if not path.exists():
        return {"server": SERVERS[name][0], "findings": []}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def fits(entry, name):
    globs = entry["scenarios"] if isinstance(entry["scenarios"], list) else [entry["scenarios"]]
    return any(fnmatch.fnmatchcase(name, glob) for glob in globs)


def compare(findings, report):
    """What differs, as lines; nothing where all is as it was."""
    fails = {s["name"]: s for s in report["scenarios"] if s["verdict"] == "fail"}
    counted = collections.Counter()
    lines = []
    for name, scenario in fails.items():
        index = next((i for i, entry in enumerate(findings) if fits(entry, name)), None)
        if index is None:
            lines.append(f"new: {name} [{scenario['class']}] {scenario['spec']}: "
                         f"{scenario['diagnosis']}")
        else:
            counted[index] += 1
    for index, entry in enumerate(findings):
        if counted[index] != entry.get("count", 1):
            lines.append(f"changed: {entry['scenarios']}: {counted[index]} findings, "
                         f"not {entry.get('count', 1)}")
    lines += [f"error: {s['name']}: {s['because']}" for s in report["scenarios"]
              if s["verdict"] == "error"]
    return lines


def run_on(name, *more, timeout=300):
    """The Run and the report of the whole default run on the server."""
    _, (program, *arguments), path, options = SERVERS[name]
    return run_started(program, arguments, path, *options, *more, "--no-progress", "-q",
                       timeout=timeout)


def learned(report):
    entries = []
    for s in report["scenarios"]:
        if s["verdict"] == "fail":
            entries.append({"scenarios": s["name"], "section": s["spec"],
                            "why": f"{s['class']}: {s['observed']} {s['diagnosis']}"})
    return entries


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("servers", nargs="*", metavar="SERVER", help=", ".join(SERVERS))
    parser.add_argument("--learn", action="store_true")
    args = parser.parse_args()
    bad = 0
    for name in args.servers or SERVERS:
        what, program = SERVERS[name][:2]
        if not built(program[0]):
            print(f"{name}: {what}: not built (./dev truth builds it)")
            continue
        run, report = run_on(name)
        if report is None:
            print(f"{name}: no report\n{run}")
            bad = 1
            continue
        summary = report["summary"]
        expected = golden(name)["findings"]
        lines = compare(expected, report)
        print(f"{name}: {what}: " + ", ".join(
            f"{summary[key]} {key}" for key in ("pass", "tolerated", "fail", "skipped", "error"))
            + f", {summary['duration_ms'] / 1000:.1f} s; {len(lines)} not as kept", flush=True)
        for line in lines:
            print("  " + line)
        if args.learn:
            print(json.dumps(learned(report), indent=1))
        bad = bad or bool(lines)
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
