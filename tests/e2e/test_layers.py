"""The layers of lib/ include only what their list allows."""

import pathlib
import tempfile
import unittest

import harness
import layers


class Layers(unittest.TestCase):
    def test_the_tree_keeps_the_rule(self):
        found = layers.violations(harness.ROOT) + layers.public_header_leaks(harness.ROOT)
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_every_layer_of_the_list_is_looked_at(self):
        there = {p.name for p in (harness.ROOT / "lib").iterdir() if p.is_dir()}
        self.assertEqual(there, set(layers.ALLOWED) - {"wsspec", "cli"})


class Examples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ("wire/utf8.h", "wire/frame.h", "net/loop.h", "scenario/outcome.h",
                     "scenario/model.h", "result/result.h", "engine/runner.h", "diagnose/words.h",
                     "report/json.h", "server/server.h", "wsspec.h"):
            self.write("lib/" + name, "#pragma once\n")

    def write(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def found(self, name, content):
        self.write(name, content)
        return layers.violations(self.root)

    def test_forbidden(self):
        for name, header in [
                ("lib/wire/a.cpp", "net/loop.h"), ("lib/wire/a.cpp", "scenario/model.h"),
                ("lib/net/a.cpp", "wire/frame.h"), ("lib/scenario/a.cpp", "net/loop.h"),
                ("lib/scenario/a.cpp", "result/result.h"), ("lib/engine/a.cpp", "report/json.h"),
                ("lib/engine/a.cpp", "diagnose/words.h"), ("lib/diagnose/a.cpp", "engine/runner.h"),
                ("lib/diagnose/a.cpp", "net/loop.h"), ("lib/report/a.cpp", "engine/runner.h"),
                ("lib/report/a.cpp", "scenario/model.h"), ("lib/report/a.cpp", "net/loop.h"),
                ("lib/server/a.cpp", "result/result.h"), ("lib/server/a.cpp", "scenario/model.h"),
                ("lib/wire/a.cpp", "wsspec.h"), ("cli/a.cpp", "result/result.h"),
                ("lib/app/a.cpp", "wsspec.h"), ("lib/wsspec.h", "report/json.h"),
                ("cli/a.cpp", "wire/utf8.h"), ("lib/wire/a.cpp", "../net/loop.h"),
                ("lib/wire/a.cpp", "net/not_there_yet.h")]:
            with self.subTest(name=name, header=header):
                found = self.found(name, f'// first\n\n#include "{header}"\n')
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(f"{name}:3: "), found)
                (self.root / name).unlink()

    def test_forbidden_third_party(self):
        self.assertEqual(len(self.found("lib/engine/a.cpp", "#include <libwebsockets.h>\n")), 1)
        self.assertEqual(len(self.found("lib/report/b.cpp", "#include <CLI/CLI.hpp>\n")), 2)

    def test_the_public_header_includes_no_library(self):
        self.write("lib/result/result.h", "#include <nlohmann/json.hpp>\n")
        self.assertEqual(layers.public_header_leaks(self.root), [])
        self.write("lib/wsspec.h", '#include "result/result.h"\n')
        self.assertEqual(layers.public_header_leaks(self.root),
                         ["lib/result/result.h:1: wsspec.h pulls in <nlohmann/json.hpp>"])

    def test_an_unknown_layer(self):
        self.assertEqual(len(self.found("lib/util/a.h", "#pragma once\n")), 1)

    def test_allowed(self):
        for name, header in [
                ("lib/wire/a.cpp", "wire/utf8.h"), ("lib/wire/a.cpp", "utf8.h"),
                ("lib/scenario/a.cpp", "wire/utf8.h"), ("lib/engine/a.cpp", "net/loop.h"),
                ("lib/diagnose/a.cpp", "result/result.h"), ("lib/report/a.cpp", "diagnose/words.h"),
                ("lib/report/a.cpp", "scenario/outcome.h"), ("lib/server/a.cpp", "wire/frame.h"),
                ("lib/app/a.cpp", "report/json.h"), ("cli/a.cpp", "wsspec.h"),
                ("lib/net/a.cpp", "vector"), ("lib/net/b.cpp", "sys/socket.h")]:
            with self.subTest(name=name, header=header):
                self.assertEqual(self.found(name, f'#include "{header}"\n'), [])

    def test_comments_do_not_count(self):
        self.assertEqual(self.found("lib/wire/a.cpp", '// #include "net/loop.h"\n'
                                    '/*\n#include "net/loop.h"\n*/\n#include <string>\n'), [])


if __name__ == "__main__":
    unittest.main()
