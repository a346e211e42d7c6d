"""Each rule finds what it is for, and leaves alone what only looks like it."""
import json
import sys
import tempfile
import unittest
from pathlib import Path

import functions
import generated
import layers
import layout
import naming
import records
import sizes
import wording
from sources import Tree, blank

LAYERS = json.dumps({"folders": {"base": [], "domain": [], "plan": ["domain"], "platform": [], "app": ["*"], "cli": ["app"]}})


class RuleTest(unittest.TestCase):
    """Makes small trees in a temporary folder."""

    def tree(self, files):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, text in files.items():
            path = Path(folder.name) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Tree(Path(folder.name), sorted(files))

    def lines(self, rule, files):
        return [(finding.path, finding.line) for finding in rule(self.tree(files)) if not finding.warning]


class LayersTest(RuleTest):
    def check(self, name, text):
        return self.lines(layers.layers, {"cmake/layers.json": LAYERS, name: text})

    def test_allowed_folders_pass(self):
        self.assertEqual(self.check("src/plan/fit.cpp", '#include "base/log.h"\n#include "domain/plan.h"\n#include "plan/fit.h"\n'), [])
        self.assertEqual(self.check("src/app/main.cpp", '#include "plan/fit.h"\n#include "hearth/result.h"\n'), [])

    def test_forbidden_folder_is_found_with_its_line(self):
        self.assertEqual(self.check("src/plan/fit.cpp", '#include "domain/plan.h"\n#include "platform/file.h"\n'), [("src/plan/fit.cpp", 2)])

    def test_runtime_may_not_include_src(self):
        self.assertEqual(self.check("runtimes/x/x.cpp", '#include "base/log.h"\n'), [("runtimes/x/x.cpp", 1)])

    def test_public_header_includes_only_public_headers(self):
        self.assertEqual(self.check("include/hearth/a.h", '#include "hearth/b.h"\n#include "base/log.h"\n'), [("include/hearth/a.h", 2)])

    def test_folder_missing_in_the_table(self):
        self.assertEqual(self.check("src/extra/x.cpp", ""), [("cmake/layers.json", 1)])

    def test_cycle_is_named_once(self):
        tree = self.tree({"src/a/x.h": '#include "a/y.h"\n', "src/a/y.h": '#include "z.h"\n', "src/a/z.h": '#include "a/x.h"\n',
                          "src/a/x.cpp": '#include "a/x.h"\n'})
        found = layers.cycles(tree)
        self.assertEqual(len(found), 1)
        self.assertIn("src/a/x.h -> src/a/y.h -> src/a/z.h -> src/a/x.h", found[0].message)

    def test_a_diamond_is_no_cycle(self):
        self.assertEqual(self.lines(layers.cycles, {"src/a/t.h": '#include "a/l.h"\n#include "a/r.h"\n', "src/a/l.h": '#include "a/b.h"\n',
                                                    "src/a/r.h": '#include "a/b.h"\n', "src/a/b.h": ""}), [])


class FunctionsTest(unittest.TestCase):
    def found(self, text):
        return [(f.name, f.first_line, f.last_line, f.parameters) for f in functions.functions(text)]

    def test_free_member_and_templated_functions(self):
        self.assertEqual(self.found("namespace a {\ntemplate <class T>\nint f(T x, std::map<int, int> y) {\n  return 1;\n}\n}\n"), [("f", 2, 5, 2)])
        self.assertEqual(self.found("struct S {\n  int g() const noexcept { return 1; }\n  int v = 0;\n};\n"), [("g", 2, 2, 0)])
        self.assertEqual(self.found("bool A::operator==(const A& o) const {\n}\n"), [("A::operator==", 1, 2, 1)])

    def test_constructor_with_initializer_list(self):
        self.assertEqual(self.found("A::A(int x, int y) : x_(x), y_{y}, z_{{1, 2}} {\n  go();\n}\n"), [("A::A", 1, 3, 2)])

    def test_requires_clause_and_trailing_return(self):
        self.assertEqual(self.found("template <class T>\n  requires(sizeof(T) > 1)\nauto f(T t) -> std::vector<T> {\n}\n"), [("f", 1, 4, 1)])

    def test_lambda_counts_to_its_function(self):
        self.assertEqual(self.found("void f() {\n  auto g = [](int a) {\n    return a;\n  };\n}\nvoid h() {}\n"), [("f", 1, 5, 0), ("h", 6, 6, 0)])

    def test_braces_in_text_comments_and_macros_do_not_count(self):
        text = '#define OPEN(x) \\\n  { x\nvoid f() {\n  puts("}{{"); // {\n  char c = \'{\'; /* { */\n  auto r = R"q({{")q";\n}\nvoid g() {}\n'
        self.assertEqual(self.found(text), [("f", 3, 7, 0), ("g", 8, 8, 0)])

    def test_tables_and_types_are_no_functions(self):
        self.assertEqual(self.found("enum class E : int { a, b };\nconst std::array<P, 2> k = {{\n {f(1), 2},\n}};\nint x{3};\nextern \"C\" {\nint c(void) { return 0; }\n}\n"),
                         [("c", 7, 7, 0)])

    def test_digit_separators_open_no_literal(self):
        self.assertEqual(blank("int a = 1'000; int b = 2'000;"), "int a = 1'000; int b = 2'000;")


class SizesTest(RuleTest):
    def test_limits_hold_at_the_bound(self):
        body = "void f() {\n" + "  x();\n" * 68 + "}\n"
        self.assertEqual(self.lines(sizes.function_length, {"a.cpp": body}), [])
        self.assertEqual(self.lines(sizes.function_length, {"a.cpp": body.replace("{\n", "{\n\n", 1)}), [("a.cpp", 1)])
        self.assertEqual(self.lines(sizes.file_length, {"a.cpp": "\n" * 700}), [])
        self.assertEqual(self.lines(sizes.file_length, {"a.cpp": "\n" * 701}), [("a.cpp", 701)])
        self.assertTrue(sizes.file_length(self.tree({"a.cpp": "\n" * 501}))[0].warning)

    def test_data_may_be_long(self):
        self.assertEqual(self.lines(sizes.file_length, {"a.json": "\n" * 2000, "src/generated/a.cpp": "\n" * 2000}), [])

    def test_sixth_parameter(self):
        self.assertEqual(self.lines(sizes.parameters, {"a.cpp": "void f(int a, int b, int c, int d, int e) {}\n"}), [])
        self.assertEqual(self.lines(sizes.parameters, {"a.cpp": "void f(int a, int b, int c, int d, int e, int g) {}\n"}), [("a.cpp", 1)])


class NamingTest(RuleTest):
    def test_file_names(self):
        self.assertEqual(self.lines(naming.file_names, {"src/a/utils.h": "", "src/a/TextModel.cpp": "", "src/a/text_model.cpp": ""}),
                         [("src/a/TextModel.cpp", 1), ("src/a/utils.h", 1)])

    def test_units_in_public_headers(self):
        text = "struct A {\n  double load_timeout;\n  std::uint64_t cache_size = 0;\n  double load_timeout_s;\n  std::chrono::seconds timeout;\n  int vocab_size;\n};\n"
        self.assertEqual(self.lines(naming.units_in_headers, {"include/hearth/a.h": text}), [("include/hearth/a.h", 2), ("include/hearth/a.h", 3)])

    def test_units_in_records_and_schemas(self):
        files = {"data/devices/x.json": '{"memory": {"bandwidth": 3.5, "bandwidth_GBps": 4}}',
                 "data/schemas/x.schema.json": '{"properties": {"latency": {"type": "number"}, "latency_us": {"type": "number"}}}'}
        self.assertEqual([f.message.split()[0] for f in naming.units_in_json(self.tree(files))], ["memory.bandwidth", "latency"])


class WordingTest(RuleTest):
    def test_forbidden_words(self):
        files = {"a.cpp": "// TODO later\n", "b.md": "see https://pypi.org/x\n", "c.sh": "cd /work/main\n", "d.py": "x = '/opt/thing/lib'\n"}
        self.assertEqual([path for path, _ in self.lines(wording.wording, files)], ["a.cpp", "b.md", "c.sh", "d.py"])

    def test_look_alikes(self):
        files = {"a.cpp": 'auto p = base / "work/x"; // mastodon\n', "b.sh": '"$root/work/x" "${root}/opt/x" /opt/homebrew/lib ~/root/x\n'}
        self.assertEqual(self.lines(wording.wording, files), [])


class RecordsTest(RuleTest):
    SCHEMA = json.dumps({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}})

    def test_broken_json_and_double_keys(self):
        self.assertEqual(self.lines(records.records, {"data/a.json": "{", "b.json": '{"k": 1, "k": 2}'}), [("b.json", 1), ("data/a.json", 1)])

    @unittest.skipUnless(records.jsonschema, "python3-jsonschema is not installed")
    def test_record_against_its_schema(self):
        files = {"data/schemas/policy.schema.json": self.SCHEMA, "data/policies/good.json": '{"name": "x"}', "data/policies/bad.json": '{"name": 1}'}
        self.assertEqual(self.lines(records.records, files), [("data/policies/bad.json", 1)])

    def test_which_schema_a_record_answers_to(self):
        names = {f"data/schemas/{kind}.schema.json" for kind in ("device", "policy", "slo", "fit", "speed_model")}
        found = {name: (records.schema_name(name, names) or "none").split("/")[-1].split(".")[0]
                 for name in ("data/devices/a.json", "data/policies/a.json", "data/policies/slo/a.json", "data/fit/speed_model.json",
                              "data/fit/report.json", "data/schemas/fit.schema.json")}
        self.assertEqual(list(found.values()), ["device", "policy", "slo", "speed_model", "none", "none"])

    @unittest.skipUnless(records.jsonschema, "python3-jsonschema is not installed")
    def test_a_schema_that_is_none(self):
        self.assertEqual(self.lines(records.records, {"data/schemas/x.schema.json": '{"type": "strin"}'}), [("data/schemas/x.schema.json", 1)])


class GeneratedTest(RuleTest):
    def check(self, text):
        entry = json.dumps([{"file": "docs/x.md", "command": [sys.executable, "-c", "print('fresh')"]}])
        return self.lines(generated.generated, {generated.LIST: entry, "docs/x.md": text})

    def test_stale_page_is_found(self):
        self.assertEqual(self.check("fresh\n"), [])
        self.assertEqual(self.check("old\n"), [("docs/x.md", 1)])


class LayoutTest(RuleTest):
    @unittest.skipUnless(layout.tool(), "clang-format 14 is not installed")
    def test_first_differing_line(self):
        files = {".clang-format": "BasedOnStyle: Google\n", "a.cpp": "int a;\nint  b;\n", "b.cpp": "int a;\n"}
        tree = self.tree(files)
        for _ in range(2):  # the second run remembers what was right, and still finds what is not
            self.assertEqual([(f.path, f.line) for f in layout.layout(tree)], [("a.cpp", 2)])


if __name__ == "__main__":
    unittest.main()
