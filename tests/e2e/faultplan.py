"""What finds which fault of tests/servers/faulty.mjs. The faults and the rows that must find them stand
in tests/servers/faulty/faults*.mjs; here are the runs that prove it.

A fault is run with the scenarios of its rows only, on a port of its own, several faults at a time."""

import concurrent.futures
import dataclasses
import json
import pathlib
import re
import subprocess
import tempfile

from harness import ROOT, SERVERS, Server, note_rerun, run_json, wsspec
from test_coverage import row_ids

WORKERS = 8  # most of a run is waiting for what does not come

# Known from a declaration, as a profile would: a fault may spoil the probes.
DECLARED = [word for name in ("echo", "binary", "ping", "deflate")
            for word in ("--set", f"capabilities.{name}=true")] + [
                "--set", 'policy.subprotocol.supported=["chat","superchat"]']

REQUIREMENT = re.compile(r"\b(?:6455|7692)-[0-9.]+(?:-[a-z0-9]+)+\b")


def rows_of(claim):
    """The rows of scenarios/coverage/requirements.json that a text names: 6455-5.2-rsv-a, u-ov-*,
    u-br-06..08, u-en-16."""
    out = set(REQUIREMENT.findall(claim))
    for kind, first, last in re.findall(r"\bu-([a-z]{2})-(\*|\d+)(?:\.\.(\d+))?", claim):
        for row in row_ids("u-"):
            _, of, number = row.split("-")
            if of != kind:
                continue
            if first == "*" or int(first) <= int(number) <= int(last or first):
                out.add(row)
    return out


@dataclasses.dataclass
class Fault:
    name: str
    what: str
    claim: str
    settings: dict

    @property
    def rows(self):
        return rows_of(self.claim)

    @property
    def by_requirement(self):
        """Is it found by rows of RFC 6455 or 7692, or by those of the 1007 suites?"""
        return bool(REQUIREMENT.search(self.claim)) or "pick" in self.settings

    @property
    def legal(self):
        return bool(self.settings.get("legal"))

    @property
    def should(self):
        return bool(self.settings.get("should"))

    @property
    def may(self):
        return bool(self.settings.get("may"))

    @property
    def once(self):
        """What dies of a scenario is away for a while, and others take long: one finding is enough."""
        return self.name.endswith("-crash") or self.slow or bool(self.settings.get("once"))

    @property
    def slow(self):
        return bool(self.settings.get("slow"))


def fault_list():
    words = subprocess.run(["node", str(SERVERS / "faulty.mjs"), "--list-faults"],
                           check=True, capture_output=True, timeout=20)
    return {name: Fault(name, row[0], row[1], row[2] if len(row) > 2 else {})
            for name, row in json.loads(words.stdout).items()}


def scenario_list():
    """Every built-in scenario: name -> its tags."""
    run = wsspec("list", "--json", "--slow")
    if run.code != 0:
        raise RuntimeError(str(run))
    return {row["name"]: set(row["tags"]) for row in json.loads(run.stdout)["scenarios"]}


class Bench:
    """One faulty server with a port for each fault, and a pool of runs against it."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        ports = pathlib.Path(self.folder.name) / "ports.json"
        self.server = Server("faulty.mjs", "--each", ports).start()
        self.ports = json.loads(ports.read_text())
        self.faults = fault_list()
        self.scenarios = scenario_list()  # name -> tags
        self.known_tags = {tag for tags in self.scenarios.values() for tag in tags}
        self.pool = concurrent.futures.ThreadPoolExecutor(WORKERS)

    def stop(self):
        self.pool.shutdown(cancel_futures=True)
        self.server.stop()
        self.folder.cleanup()

    def files(self, selectors):
        """The suites of these selectors: to load all of them would be most of a run's work."""
        suites = set()
        for selector in selectors:
            tag = selector.removeprefix("tag:")
            if tag == selector:
                suites.add(selector.split("/")[0])
            else:
                suites |= {name.split("/")[0] for name, tags in self.scenarios.items() if tag in tags}
        if "autobahn-mass" in suites:
            suites.add("autobahn")  # has its parameters
        return [ROOT / "scenarios" / "suites" / f"{suite}.json" for suite in sorted(suites)]

    def run_on_new_server(self, fault, selectors, **more):
        """The same on a server of its own: some faults affect only the first connections."""
        with tempfile.TemporaryDirectory() as folder:
            ports = pathlib.Path(folder) / "ports.json"
            with Server("faulty.mjs", "--each", ports):
                port = json.loads(ports.read_text())[fault]
                return self.run(fault, selectors, url=f"ws://127.0.0.1:{port}/", **more)

    def run(self, fault, selectors, slow=False, timeout_ms=400, more=(), url=None):
        """The Run and the report of these scenarios against that fault."""
        if fault in self.ports:
            url = url or f"ws://127.0.0.1:{self.ports[fault]}/"
            declared = [*self.faults[fault].settings.get("run", ())]
            slow = slow or self.faults[fault].slow
            if self.faults[fault].once:
                declared += ["--fail-fast", "-j", "1"]
        else:  # code-NNNN
            url, declared = self.server.url(f"/?fault={fault}"), []
        args = [*self.files(selectors), *selectors, *DECLARED, *declared, *more, "--timeout", timeout_ms]
        if not slow:
            args += ["--exclude", "tag:slow", "--exclude", "tag:load"]
        return run_json(url, *args, timeout=160)

    def start(self, *args, **more):
        return self.pool.submit(self.run, *args, **more)


def found_in(report):
    """Names of the scenarios that are findings of some kind."""
    return [s["name"] for s in report["scenarios"] if s["verdict"] in ("fail", "tolerated")]
