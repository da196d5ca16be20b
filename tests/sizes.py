#!/usr/bin/env python3
"""Checks that no .cpp file and no class grows beyond what can be read.

    tests/sizes.py [ROOT]      prints what is above its limit, exit code 1 if anything is

Functions are checked by clang-tidy (readability-function-size in .clang-tidy).
"""

import pathlib
import re
import sys

MAX_LINES = 450
MAX_MEMBERS = 35

NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'
                   r"'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.S | re.M)
HEAD = re.compile(r"\b(?:class|struct|union)\s+(?:\[\[[^\]]*\]\]\s*)?([A-Za-z_][\w:]*)"
                  r"(?:\s+final)?(?:\s*:[^;{}()]*)?\s*\Z")
NO_MEMBER = re.compile(r"\A(?:using|typedef|friend|static|template|enum|class|struct|union)\b")


def without_noise(source):
    """The source without comments, literals and directives; lines stay where they are."""
    return NOISE.sub(lambda m: "\n" * m.group(0).count("\n") + ("0" if m.group(0)[0] in "\"'R" else ""),
                     source)


def outside_brackets(text):
    """`text` without what stands in (), [], {} and template arguments."""
    out, depth = [], 0
    for at, character in enumerate(text):
        opens = character in "([{" or (character == "<" and not text.startswith(("<=", "<<"), at))
        closes = character in ")]}" or (character == ">" and text[at - 1] not in "-=")
        if closes:
            depth = max(0, depth - 1)
        if depth == 0 and not closes:
            out.append("(" if character == "(" else character)
        if opens:
            depth += 1
    return "".join(out)


def declares(statement):
    """How many data members a statement of a class declares."""
    statement = re.sub(r"\A(?:\s*(?:public|private|protected)\s*:(?!:))+", "", statement).strip()
    statement = re.sub(r"\A\[\[[^\]]*\]\]\s*", "", statement)
    if not statement or NO_MEMBER.match(statement) or "operator" in statement:
        return 0
    plain = outside_brackets(statement)
    names = re.sub(r"=[^,]*", "", plain)
    if "(" in names:
        return 0  # a function
    return names.count(",") + 1


def classes(source):
    """(line, name, data members) of every class with a body."""
    source = without_noise(source)
    # Each open brace: [name of the class or None, line, members, where its statement began].
    stack = [[None, 0, 0, 0]]
    found = []
    for at, character in enumerate(source):
        top = stack[-1]
        if character == "{":
            head = HEAD.search(source[top[3]:at])
            inside = source[top[3]:at]
            if head and "(" not in outside_brackets(inside).replace("((", ""):
                stack.append([head.group(1), source.count("\n", 0, at) + 1, 0, at + 1])
            else:
                stack.append([None, 0, 0, at + 1])
        elif character == "}" and len(stack) > 1:
            name, line, members, _ = stack.pop()
            if name is not None:
                found.append((line, name, members))
            outer = stack[-1]
            body = source[outer[3]:at + 1]
            if name is not None:
                outer[3] = at + 1  # what follows is a declarator of that class, or ";"
            elif outer[0] is not None and re.search(r"\)[^;={}]*(?:\{|:[^:].*\{)", body, re.S) \
                    and not re.search(r"=\s*[^;]*\Z", body.split("{")[0]):
                outer[3] = at + 1  # a function with its body
            elif outer[0] is None:
                outer[3] = at + 1
        elif character == ";":
            if top[0] is not None:
                top[2] += declares(source[top[3]:at])
            top[3] = at + 1
    return found


def problems(root):
    """A line for everything that is above its limit."""
    root = pathlib.Path(root)
    for folder in ("lib", "cli", "tests/unit", "tests/fuzz", "tests/bench"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".cpp", ".h"):
                continue
            name = path.relative_to(root).as_posix()
            text = path.read_text(errors="replace")
            lines = text.count("\n")
            if path.suffix == ".cpp" and lines > MAX_LINES:
                yield f"{name}: {lines} lines, more than {MAX_LINES}"
            for line, one, members in classes(text):
                if members > MAX_MEMBERS:
                    yield (f"{name}:{line}: {one} has {members} data members, "
                           f"more than {MAX_MEMBERS}")


if __name__ == "__main__":
    lines = list(problems(sys.argv[1] if len(sys.argv) > 1 else
                          pathlib.Path(__file__).resolve().parents[1]))
    print("\n".join(lines) if lines else "sizes: all within their limits")
    sys.exit(bool(lines))
