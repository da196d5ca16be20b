"""Checks which layer includes which.

    /usr/bin/python3 tests/e2e/layers.py [ROOT]      prints each violation, exit code 1 if any
"""

import pathlib
import re
import sys

# Layer -> what it may include of lib/: whole layers ("wire") or single headers ("result/result.h").
# A layer may always include itself. cli/ sees wsspec.h alone.
ALLOWED = {
    "wire": set(),
    "net": set(),
    "text": {"wire"},
    "scenario": {"wire"},
    "loader": {"wire", "text", "scenario"},
    "explain": {"text", "scenario", "wire"},
    "result": {"scenario", "wire"},
    "session": {"wire", "net", "scenario", "result"},
    "judge": {"wire", "net", "scenario", "result", "session"},
    "engine": {"wire", "net", "scenario", "loader", "result", "session", "judge"},
    "payload": {"wire"},
    "diagnose": {"wire", "text", "scenario", "result", "explain", "payload"},
    "report": {"wire", "text", "result", "diagnose", "scenario/outcome.h", "scenario/level.h"},
    "server": {"wire", "net"},
    "observe": {"wire"},
    "capture": {"wire", "observe"},
    "relay": {"wire", "net"},
    "app": {"wire", "net", "text", "scenario", "loader", "explain", "result", "session", "judge", "engine",
            "diagnose", "payload", "report", "server", "observe", "capture", "relay"},
    "wsspec": {"app"},
    "cli": {"wsspec.h"},
}

# file -> {header: why}. Every entry is a debt: keep the reason.
EXCEPTIONS = {}

# Third-party headers that belong to certain layers only.
ONLY_IN = {
    r"libwebsockets\.h": {"net"},
    r"openssl/(ssl|x509.*)\.h": {"net"},
    r"CLI/.*": {"cli"},
    r"brotli/.*": {"payload"},
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*(?:include|import)[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.M)
COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|("(?:\\.|[^"\\\n])*")', re.S)
SUFFIXES = {".h", ".hpp", ".hh", ".cpp", ".cc", ".inc", ".ipp"}


def includes(path):
    """(line, header, is it "quoted") of every include in this file, comments aside."""
    source = path.read_text(errors="replace")
    blank = COMMENT.sub(lambda m: m.group(1) or re.sub(r"[^\n]", " ", m.group(0)), source)
    for match in INCLUDE.finditer(blank):
        at = match.start(1) if match.group(1) else match.start(2)
        yield blank.count("\n", 0, at) + 1, match.group(1) or match.group(2), bool(match.group(1))


def layer_of(root, path):
    relative = path.relative_to(root)
    if relative.parts[0] == "cli":
        return "cli"
    return relative.parts[1] if len(relative.parts) > 2 else "wsspec"  # lib/wsspec.h


def resolve(root, path, header, quoted):
    """The included file of lib/ or cli/ as a path below lib/ (or None: not of this project)."""
    lib = root / "lib"
    places = [path.parent / header] if quoted else []
    for place in [*places, lib / header, root / header]:
        place = place.resolve()
        if place.is_file() and place.is_relative_to(lib):
            return place.relative_to(lib).as_posix()
        if place.is_file() and place.is_relative_to(root / "cli"):
            return "cli/" + place.relative_to(root / "cli").as_posix()
    first = header.split("/")[0]
    if first in ALLOWED and "/" in header:
        return header  # not there (yet): judged by its name
    return None


def violations(root):
    """'file:line: ...' for each include that the rule forbids."""
    root = pathlib.Path(root).resolve()
    files = sorted(p for folder in ("lib", "cli") for p in (root / folder).rglob("*")
                   if p.suffix in SUFFIXES)
    found = []
    for path in files:
        name = path.relative_to(root).as_posix()
        layer = layer_of(root, path)
        if layer not in ALLOWED:
            found.append(f"{name}:1: layer '{layer}' is not in the list of layers")
            continue
        for line, header, quoted in includes(path):
            for pattern, layers in ONLY_IN.items():
                if re.fullmatch(pattern, header) and layer not in layers:
                    found.append(f"{name}:{line}: <{header}> belongs to {', '.join(layers)}")
            target = resolve(root, path, header, quoted)
            if target is None or header in EXCEPTIONS.get(name, {}):
                continue
            theirs = target.split("/")[0] if "/" in target else "wsspec"
            if theirs == layer or theirs in ALLOWED[layer] or target in ALLOWED[layer]:
                continue
            found.append(f"{name}:{line}: {layer} may not include {target}")
    return found


# wsspec.h must not include these: it has plain types only.
NOT_IN_PUBLIC_HEADER = re.compile(r"nlohmann/.*|CLI/.*|libwebsockets\.h|openssl/.*")


def public_header_leaks(root):
    """'file:line: ...' for each library header that wsspec.h pulls in, through whatever headers."""
    root = pathlib.Path(root).resolve()
    found, seen, todo = [], set(), [root / "lib" / "wsspec.h"]
    while todo:
        path = todo.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        for line, header, quoted in includes(path):
            target = resolve(root, path, header, quoted)
            if target is not None:
                todo.append(root / "lib" / target)
            elif NOT_IN_PUBLIC_HEADER.fullmatch(header):
                name = path.relative_to(root).as_posix()
                found.append(f"{name}:{line}: wsspec.h pulls in <{header}>")
    return found


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    found = violations(root) + public_header_leaks(root)
    print("\n".join(found) or "no violation")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
