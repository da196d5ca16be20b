"""tests/sizes.py: what it counts, and that the tree keeps within its limits."""

import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import sizes  # noqa: E402


def members(source):
    return {name: count for _, name, count in sizes.classes(source)}


class Counting(unittest.TestCase):
    def test_data_members_and_nothing_else(self):
        self.assertEqual(members("""
            class Plain final : public Base<int, 3> {
             public:
              explicit Plain(int a) : a_(a) {}
              virtual ~Plain() = default;
              Plain(Plain&&) = delete;
              int get() const { int local = 1; return a_ + local; }
              bool operator==(const Plain&) const = default;
              static int made();
              static constexpr int kMost = 3;
              using List = std::vector<int>;
              friend class Other;
              enum class Kind : char { one, two };
              struct Inner { int x = 0, y = 0; };

             private:
              int a_;                                   // int commented_;
              std::map<std::string, std::pair<int, int>> map_;
              std::function<void(int, char)> call_;
              std::optional<int> maybe_ = f(1, 2);
              Kind kind_{Kind::one};
              std::array<char, 4> octets_{{'a', ';', '{', 0}};
              [[maybe_unused]] bool flag_ = sizeof(int) > 2, other_ = 1 < 2;
            };"""), {"Kind": 0, "Inner": 2, "Plain": 8})

    def test_a_struct_in_a_function_and_a_class_that_is_only_named(self):
        self.assertEqual(members("class A; void f() { struct B { int x; }; } struct C {};"),
                         {"B": 1, "C": 0})


class Limits(unittest.TestCase):
    def tree(self, lines, count):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        lib = pathlib.Path(folder.name, "lib")
        lib.mkdir()
        (lib / "a.cpp").write_text("//\n" * lines)
        (lib / "b.h").write_text("struct B {\n" + "".join(f"  int m{i} = 0;\n" for i in range(count)) + "};\n")
        return folder.name

    def test_at_the_limit_is_good_and_above_it_is_named(self):
        self.assertEqual(list(sizes.problems(self.tree(450, 35))), [])
        self.assertEqual(list(sizes.problems(self.tree(451, 36))),
                         ["lib/a.cpp: 451 lines, more than 450",
                          "lib/b.h:1: B has 36 data members, more than 35"])

    def test_this_tree(self):
        self.assertEqual(list(sizes.problems(ROOT)), [])


if __name__ == "__main__":
    unittest.main()
