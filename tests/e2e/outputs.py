"""One run with every report there is, and what holds for each of them whatever a server sends:
it is well formed, and nothing in it acts on a terminal or hides from a reader."""

import dataclasses
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unicodedata

import harness

HERE = pathlib.Path(__file__).resolve().parent
FILES = ("json", "junit", "events", "transcript")
SGR = re.compile(rb"\x1b\[[0-9;]*m")  # our own colours

SCENARIO_KEYS = {"name": str, "title": str, "tags": list, "level": str, "spec": str, "verdict": str,
                 "class": (str, type(None)), "timed": bool, "expected": list, "observed": dict,
                 "impact": str, "rule": str, "cause": (str, type(None)),
                 "diagnosis": str, "because": str, "duration_ms": (int, float)}
OBSERVED_KEYS = {"code": (int, type(None)), "name": (str, type(None)), "reason": str, "closer": str,
                 "end": str, "http_status": (int, type(None)),
                 "close_ms": (int, float, type(None)), "eof_ms": (int, float, type(None)),
                 "lag_ms": (int, float),
                 "sent": int, "answered": int, "barrier": str, "evidence": str}


@dataclasses.dataclass
class Outputs:
    run: harness.Run
    report: dict
    events: list
    texts: dict  # name -> octets: console, errors, and FILES

    def rows(self):
        return {row["name"]: row for row in self.report["scenarios"]}


def run_and_check(url, *args, timeout=60, **more):
    """`wsspec run` with a console in colour, -vv, and all reports, each of them checked."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: os.path.join(folder, name) for name in FILES}
        run = harness.wsspec("run", url, *args, "-vv", "--color", "always", "--report-json",
                             files["json"], "--report-junit", files["junit"], "--events",
                             files["events"], "--transcript", files["transcript"],
                             timeout=timeout, **more)
        return read_and_check(run, files)


def read_and_check(run, files):
    texts = {"console": run.out, "errors": run.err}
    for name, path in files.items():
        if not os.path.exists(path):
            raise AssertionError(f"no report {name}\n{run}")
        texts[name] = pathlib.Path(path).read_bytes()
    checked = subprocess.run(["xmllint", "--noout", "--schema", str(HERE / "junit.xsd"),
                              files["junit"]], capture_output=True, text=True)
    if checked.returncode != 0:
        raise AssertionError(f"JUnit: {checked.stderr}\n{texts['junit'].decode(errors='replace')}")
    report = harness.load_and_check_report(files["json"])
    events = [json.loads(line) for line in texts["events"].splitlines()]
    check_shape(report, events)
    check_transcript(report, texts["transcript"])
    for name, octets in texts.items():
        check_clean(name, octets)
    return Outputs(run, report, events, texts)


def check_shape(report, events):
    for row in report["scenarios"]:
        told = row["verdict"] in ("fail", "error")  # and how it came to it
        scenario_keys = {**SCENARIO_KEYS, "transcript": list} if told else SCENARIO_KEYS
        for keys, thing in ((scenario_keys, row), (OBSERVED_KEYS, row["observed"])):
            # How it can be repeated, and how a server of --start ended, where that is known.
            known = {"reproduction", "server_process"} if told and thing is row else set()
            # The finding is a share of a group's connections; the connection was one of TLS.
            known.add("connections" if thing is row else "tls")
            if set(keys) != set(thing) - known:
                raise AssertionError(f"keys of {row['name']}: {set(keys) ^ set(thing)}")
            for key, kind in keys.items():
                if not isinstance(thing[key], kind):
                    raise AssertionError(f"{key} of {row['name']} is {thing[key]!r}")
    kinds = [event["event"] for event in events]
    if kinds[0] != "start" or kinds[-1] != "end":
        raise AssertionError(f"events begin and end as {kinds[0]} and {kinds[-1]}")
    told = sorted(event["name"] for event in events if event["event"] == "result")
    if told != sorted(row["name"] for row in report["scenarios"]):
        raise AssertionError("the events tell other results than the report")


def check_transcript(report, octets):
    """Each line has its keys; those of a finding are the ones that the report has."""
    lines = {}
    for text in octets.splitlines():
        line = json.loads(text)
        lines.setdefault(line.pop("scenario"), []).append(line)
    for row in report["scenarios"]:
        known = row.get("transcript")
        told = [{key: value for key, value in line.items() if key != "verdict"}
                for line in lines.get(row["name"], [])]
        if known is not None and told != known:
            raise AssertionError(f"the transcript of {row['name']}: {told}, the report has {known}")


def harmful(character):
    """A control (C0 but the line feed, DEL, C1) or a character that shows nothing: bidi controls,
    zero-width ones, byte order marks, line separators."""
    return character != "\n" and unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")


def check_clean(name, octets):
    text = SGR.sub(b"", octets).decode()  # raises on anything but UTF-8
    bad = sorted({c for c in text if harmful(c)})
    if bad:
        at = text.index(bad[0])
        raise AssertionError(f"{name} holds {bad}: ...{text[max(0, at - 60):at + 20]!r}")
