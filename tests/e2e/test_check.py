"""`wsspec check`, the JSON Schema and the language reference agree on what a good file is.

tests/broken/index.json lists files with one fault each: where the checker must see it, a part of
what it says, and whether the schema sees it too. It does not where a JSON Schema cannot: text that
is no JSON, duplicate keys, names in expressions, other files, one value against another.
"""

import collections
import copy
import json
import pathlib
import random
import re
import tempfile
import unittest

import jsonschema

from harness import Case, ROOT, wsspec

SCENARIOS = ROOT / "scenarios"
REFERENCE = SCENARIOS / "README.md"
BROKEN = ROOT / "tests" / "broken"
SUITES = sorted((SCENARIOS / "suites").glob("*.json"))
PROFILES = sorted((ROOT / "tests" / "profiles").glob("*.json"))
BATCH = 50


def read(path):
    return json.loads(pathlib.Path(path).read_bytes())


def validator():
    schema = read(SCENARIOS / "scenario.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def schema_says(error):
    """One line: the deepest of the reasons and where it stands."""
    best = jsonschema.exceptions.best_match([error])
    return f"/{'/'.join(map(str, best.absolute_path))}: {best.message[:200]}"


def problems(run):
    """The problems that `check` wrote: [(file, line, column, message)]."""
    found = re.findall(r"^(.+?):(?:(\d+):(\d+):)? error: (.*)$", run.stderr, re.M)
    return [(name, int(line or 0), int(column or 0), what) for name, line, column, what in found]


class BrokenFiles(Case):
    def setUp(self):
        self.index = read(BROKEN / "index.json")

    def test_the_index_names_every_file(self):
        files = {path.name for path in BROKEN.iterdir()} - {"index.json"}
        self.assertEqual({row["file"] for row in self.index}, files)
        self.assertGreaterEqual(len(self.index), 45)

    def test_each_is_refused_at_its_place(self):
        for row in self.index:
            with self.subTest(row["file"]):
                path = BROKEN / row["file"]
                run = wsspec("check", path)
                self.assertCode(run, 2)
                self.assertEqual(run.stdout, "")
                told = problems(run)
                self.assertEqual(len(told), 1, f"one fault, one problem\n{run}")
                self.assertEqual(told[0][:3], (str(path), row["line"], row["column"]), f"\n{run}")
                self.assertIn(row["message"], told[0][3])

    def test_all_at_once_lose_no_problem(self):
        run = wsspec("check", *[BROKEN / row["file"] for row in self.index])
        self.assertCode(run, 2)
        told = {(pathlib.Path(name).name, line, column) for name, line, column, _ in problems(run)}
        wanted = {(row["file"], row["line"], row["column"]) for row in self.index}
        self.assertEqual(wanted - told, set(), f"\n{run}")

    def test_a_run_refuses_them_too(self):
        for name in ("step-unknown.json", "json-comment.json"):
            run = wsspec("run", "ws://127.0.0.1:9/", BROKEN / name)
            self.assertCode(run, 2)
            self.assertIn("error: ", run.stderr)

    def test_the_schema_sees_what_a_schema_can_see(self):
        check = validator()
        for row in self.index:
            with self.subTest(row["file"]):
                try:
                    valid = check.is_valid(read(BROKEN / row["file"]))
                except ValueError:  # no JSON, or not UTF-8: a validator never gets it
                    valid = True
                self.assertEqual(not valid, row["schema"])


class GoodFiles(Case):
    def test_the_checker_takes_suites_and_profiles(self):
        run = wsspec("check", *SUITES, *PROFILES)
        self.assertCode(run, 0)
        self.assertEqual(run.stderr, "")

    def test_the_schema_takes_them_too(self):
        check = validator()
        for path in SUITES + PROFILES:
            with self.subTest(path.name):
                self.assertEqual([schema_says(e) for e in check.iter_errors(read(path))], [])


# What a fragment in the reference needs around it to be a file.
WRAPS = {
    "file": lambda value, more: value,
    "scenario": lambda value, more: {"suite": "readme", "scenarios": [value], **more},
    "steps": lambda value, more: WRAPS["scenario"]({"id": "a", **more, "steps": value}, {}),
    "items": lambda value, more: WRAPS["steps"]([{"send": item} for item in value], more),
    "payloads": lambda value, more: WRAPS["items"]([{"binary": one} for one in value], more),
    "expectations": lambda value, more: WRAPS["steps"]([{"expect": one} for one in value], more),
    "for_each": lambda value, more: WRAPS["scenario"](
        {"id": "-".join(f"${{{name}}}" if name != "case" else "${case.id}" for name in value),
         "for_each": value, "steps": [{"wait_ms": 1}]}, more),
    "policies": lambda value, more: {"policy": value},
}


def examples(text):
    """The JSON blocks of the reference, made whole: [value]. Raises ValueError."""
    blocks = re.findall(
        r"(?:<!-- check: (\w+) ?([^\n]*?) -->\n+)?^```json\n(.*?)^```$", text, re.S | re.M)
    return [WRAPS[kind or "file"](json.loads(block), json.loads(more or "{}"))
            for kind, more, block in blocks]


def write(folder, name, value):
    """Writes a file, and beside it the one that examples use as a payload."""
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / name).write_text(json.dumps(value, indent=1), encoding="utf-8")
    return folder / name


def places(value, path=()):
    """Every member and entry of a value: (container, key, path)."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(entries):
        yield value, key, path + (key,)
        if isinstance(inner, (dict, list)):
            yield from places(inner, path + (key,))


def mutate(value, rng):
    """Changes one thing in place; says what."""
    container, key, path = rng.choice(list(places(value)))
    ways = ["type", "type", "value"] + (["delete", "rename"] if isinstance(container, dict) else [])
    way = rng.choice(ways)
    if way == "delete":
        del container[key]
    elif way == "rename":
        kept = list(container.items())
        container.clear()
        for name, inner in kept:
            container[f"{name}x" if name == key else name] = inner
    elif way == "type":
        others = [None, True, False, 7, 7.5, "word", [], [7], {}, {"word": 7}]
        container[key] = rng.choice([o for o in others if type(o) is not type(container[key])])
    else:
        odd = {int: [-1, 0, 1006, 2**64], str: ["", "two words", "/", "1006"], bool: [False],
               list: [[]], dict: [{}]}
        container[key] = rng.choice(odd.get(type(container[key]), [0]))
    return f"{way} at /{'/'.join(map(str, path))}"


class Mutants(Case):
    """What the schema refuses, the checker refuses: an editor never shows a false error."""

    COUNT = 320

    def originals(self, rng):
        """Good files: profiles, examples of the reference, single scenarios of the suites."""
        out = [read(path) for path in PROFILES for _ in range(2)]
        out += examples(REFERENCE.read_text(encoding="utf-8")) * 4
        for path in SUITES:
            suite = read(path)
            scenarios = suite.pop("scenarios", [])
            for scenario in rng.sample(scenarios, min(len(scenarios), 12)):
                out.append({**suite, "scenarios": [scenario]})
        return out

    def renamed(self, value, n):
        """The files of one call are loaded together: two scenarios must not have one name."""
        return {**value, "suite": f"{value['suite']}_{n}"} if "suite" in value else value

    def assertCheckedAndRefused(self, files):
        """{name: first problem} of those among [(name, value)] that the checker refuses."""
        out = {}
        with tempfile.TemporaryDirectory() as folder:
            paths = [write(pathlib.Path(folder), name, value) for name, value in files]
            for at in range(0, len(paths), BATCH):
                run = wsspec("check", *paths[at:at + BATCH])
                self.assertIn(run.code, (0, 2), f"\n{run}")
                for name, *_, what in problems(run):
                    out.setdefault(pathlib.Path(name).name, what)
        return out

    def test_what_the_schema_refuses_the_checker_refuses(self):
        rng = random.Random(1007)
        check = validator()
        originals = self.originals(rng)
        bad = self.assertCheckedAndRefused([(f"{n}.json", self.renamed(v, n)) for n, v in enumerate(originals)])
        # Alone, a scenario may lack the parameters of another suite.
        originals = [v for n, v in enumerate(originals) if f"{n}.json" not in bad]
        self.assertGreater(len(originals), 50, bad)
        mutants = []
        for n in range(self.COUNT):
            value = self.renamed(copy.deepcopy(rng.choice(originals)), n)
            what = mutate(value, rng)
            mutants.append((f"{n}.json", what, value))

        refused = self.assertCheckedAndRefused([(name, value) for name, _, value in mutants])
        seen = collections.Counter()
        for name, what, value in mutants:
            error = next(check.iter_errors(value), None)
            seen[error is not None, name in refused] += 1
            if error is None or name in refused:
                continue
            self.fail(f"only the schema refuses: {what}: {schema_says(error)}\n"
                      f"{json.dumps(value, indent=1)}")
        # Both must have had something to do, and the schema must refuse most of what the checker refuses.
        self.assertGreater(seen[True, True], self.COUNT // 3, seen)
        self.assertGreater(seen[False, False], self.COUNT // 20, seen)
        self.assertLess(seen[False, True], self.COUNT // 5, seen)


class Reference(Case):
    """Every JSON example of scenarios/README.md loads. An HTML comment before a block tells what a
    fragment is, and what else its scenario needs: <!-- check: steps {"connections": {...}} -->"""

    def test_every_example_is_good(self):
        text = REFERENCE.read_text(encoding="utf-8")
        values = examples(text)
        self.assertEqual(len(values), text.count("```json"))
        self.assertGreater(len(values), 10)
        check = validator()
        with tempfile.TemporaryDirectory() as folder:
            for n, value in enumerate(values):
                with self.subTest(example=n):
                    run = wsspec("check", write(pathlib.Path(folder), f"{n}.json", value))
                    self.assertCode(run, 0)
                    self.assertEqual([schema_says(e) for e in check.iter_errors(value)], [])

    def test_the_error_it_shows_is_the_one_that_comes(self):
        text = REFERENCE.read_text(encoding="utf-8")
        shown = re.search(r"^    chat\.json:.*?\n\n", text, re.S | re.M).group()
        first = re.search(r"^```json\n(.*?)^```$", text, re.S | re.M).group(1)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "chat.json"
            path.write_text(first.replace("63 61 66 e9", "63 61 66 e"), encoding="utf-8")
            run = wsspec("check", "chat.json", cwd=folder)
        self.assertCode(run, 2)
        self.assertEqual("".join(f"    {line}\n" for line in run.stderr.splitlines()) + "\n", shown)

    def test_every_word_of_the_language_is_explained(self):
        """A key that the schema knows stands in the reference, in code font."""
        text = REFERENCE.read_text(encoding="utf-8")
        code = " ".join(re.findall(r"```json\n.*?```|`[^`\n]+`", text, re.S))
        known = set(re.findall(r"[$\w]+", code))
        keys = set()

        def collect(schema):
            if isinstance(schema, dict):
                if isinstance(schema.get("properties"), dict):
                    keys.update(schema["properties"])
                for inner in schema.values():
                    collect(inner)
            elif isinstance(schema, list):
                for inner in schema:
                    collect(inner)

        collect(read(SCENARIOS / "scenario.schema.json"))
        self.assertEqual(keys - known, set())


if __name__ == "__main__":
    unittest.main()
