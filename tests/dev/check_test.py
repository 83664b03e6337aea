# SPDX-License-Identifier: MIT
"""Each rule of tools/dev check refuses a small bad tree, and lets its good neighbour pass."""

import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools/dev.d"))

import check

LICENCE = "// SPDX-License-Identifier: MIT\n"


def findings(files):
    """What check says of a tree of {path: text}: [(rule, path, line)]."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / ".clang-format").write_text((ROOT / ".clang-format").read_text())
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return [(each.rule, str(each.path), each.line) for each in check.findings(root)]


def rules(files):
    """The rules that refuse a tree, but for orphans, which small trees are full of."""
    return {rule for rule, _, _ in findings(files)} - {"orphan"}


def header(*lines):
    return "\n".join([LICENCE.strip(), "#pragma once", "", *lines, ""])


def source(*lines):
    return "\n".join([LICENCE.strip(), *lines, ""])


class Floors(unittest.TestCase):
    def refused(self, path, *includes):
        """What these includes break, when what they name exists."""
        files = {f"include/{name}": header("struct Empty {};") for name in includes
                 if name.startswith("rondo/")}
        files.update({f"lib/{name}": header("struct Empty {};") for name in includes
                      if name.startswith("kernel/")})
        lines = [f'#include "{name}"' if "/" in name and not name.startswith(("sys", "absl"))
                 else f"#include <{name}>" for name in includes]
        pragma = ["#pragma once", ""] if path.endswith(".h") else []
        files[path] = source(*pragma, *lines)
        return "floors" in rules(files)

    def test_include_that_points_down_passes(self):
        self.assertFalse(self.refused("lib/loop/x.cc", "rondo/kernel/y.h"))

    def test_include_that_points_up(self):
        self.assertTrue(self.refused("lib/kernel/x.cc", "rondo/loop/y.h"))

    def test_sibling_floor(self):
        self.assertTrue(self.refused("include/rondo/coro/x.h", "rondo/buffer/y.h"))

    def test_sibling_backend(self):
        self.assertTrue(self.refused("lib/kernel/epoll/x.cc", "kernel/uring/y.h"))

    def test_umbrella_from_a_floor(self):
        self.assertTrue(self.refused("include/rondo/io/x.h", "rondo/rondo.h"))

    def test_umbrella_sees_every_floor(self):
        self.assertFalse(self.refused("include/rondo/rondo.h", "rondo/net/y.h"))

    def test_private_header_in_a_public_one(self):
        self.assertTrue(self.refused("include/rondo/loop/x.h", "kernel/y.h"))

    def test_abseil_below_the_kernel(self):
        self.assertTrue(self.refused("lib/base/x.cc", "absl/status/status.h"))

    def test_abseil_beyond_status_in_a_public_header(self):
        self.assertTrue(self.refused("include/rondo/net/x.h", "absl/strings/string_view.h"))

    def test_status_in_a_public_header_passes(self):
        self.assertFalse(self.refused("include/rondo/net/x.h", "absl/status/status.h"))

    def test_kernel_header_of_a_backend_elsewhere(self):
        self.assertTrue(self.refused("lib/kernel/x.cc", "sys/epoll.h"))

    def test_kernel_header_of_a_backend_at_home(self):
        self.assertFalse(self.refused("lib/kernel/epoll/x.cc", "sys/epoll.h"))

    def test_unknown_floor(self):
        self.assertTrue(self.refused("lib/attic/x.cc", "vector"))

    def test_include_of_nothing(self):
        self.assertIn("floors", rules({"lib/io/x.cc": source('#include "rondo/io/gone.h"')}))


class CoroutineForms(unittest.TestCase):
    def rules(self, body):
        found = rules({"lib/io/x.cc": source(f"Task<> f() {{ {body} }}")})
        return found - {"formatting", "columns"}

    def test_forms_that_compilers_break(self):
        for rule, body in [
            ("binding-await", "auto [a, b] = co_await g();"),
            ("binding-await", "auto&& [a, b] = co_await g();"),
            ("capture-await", "auto h = [x = co_await g()] { return x; };"),
            ("braced-await", "auto a = ({ co_await g(); });"),
            ("braced-await", "h({co_await a(), co_await b()});"),
            ("array-await", "T a[] = {co_await f(), co_await g()};"),
            ("array-await", "T a[2]{f(), co_await g()};"),
            ("condition-await", "if (co_await g()) h();"),
            ("condition-await", "while (!co_await g(1)) h();"),
            ("condition-await", "switch (co_await g()) {}"),
            ("condition-await", "if (a && co_await g(b)) h();"),
            ("condition-await", "if (co_await g() == 3) h();"),
            ("condition-await", "for (; co_await g();) h();"),
            ("condition-await", "do h(); while (co_await g());"),
            ("conditional-await", "auto a = c ? co_await g() : 0;"),
            ("conditional-await", "auto a = c ? 0\n : co_await g();"),
            ("conditional-await", "co_await (c ? g() : h());"),
            ("lambda-await", "co_await g([x] { h(x); });"),
            ("lambda-await", "co_await g(1, [=](int a) -> int { return a; });"),
            ("lambda-await", "co_await g([&a, b = std::move(c)]() mutable { h(b); });"),
            ("aggregate-await", "co_await g(Options{.size = 3});"),
            ("aggregate-await", "co_await g(a, {.size = 3});"),
        ]:
            with self.subTest(body):
                self.assertEqual(self.rules(body), {rule})

    def test_forms_that_pass(self):
        for body in [
            "auto a = co_await g(); if (a) h();",
            "while (auto a = co_await g()) h(a);",
            "if (auto* a = co_await g(); a != nullptr) h(a);",
            "for (int i = 0; co_await g(i); ++i) h();",
            "for (bool more = co_await g(); more; more = next()) h();",
            "for (; a; a = co_await g()) h();",
            "for (;;) co_await g();",
            "for (auto a : co_await g()) h(a);",
            "if (Result<int> a{co_await g()}) h(a);",
            "co_await with_scope([&](Scope& scope) -> Task<> { co_await g(scope); });",
            "co_await g([] { return 1; });",
            "co_await g([this, &a] { h(a); });",
            "co_await g(a[i](2), b[j]);",
            "auto a = c ? 1 : 2; co_await g(a);",
            "// if (co_await g()) is not code",
            'h("co_await ([x] {})");',
            "co_await with_scope([&](Scope& s) -> Task<> { s.spawn([x] { return x; }); });",
            "Options options{.size = 3}; co_await g(std::move(options));",
            "if constexpr (requires { g().operator co_await(); }) h();",
            "a = co_await g(std::move(b)); auto n = 1'000'000;",
        ]:
            with self.subTest(body):
                self.assertEqual(self.rules(body), set())


class Forms(unittest.TestCase):
    def test_detail_namespace(self):
        self.assertEqual(rules({"lib/io/x.cc": source("namespace rondo::detail {}")}) -
                         {"formatting"}, {"detail-namespace"})

    def test_unfinished_work(self):
        text = "# SPDX-License-Identifier: MIT\n# TO" "DO: later\n"
        self.assertEqual(rules({"tools/x.sh": text}), {"unfinished"})

    def test_shared_ptr_in_a_public_header(self):
        text = header("#include <memory>", "", "inline std::shared_ptr<int> held;")
        self.assertEqual(rules({"include/rondo/io/x.h": text}), {"shared-ptr"})
        self.assertEqual(rules({"lib/io/x.h": text}), set())

    def test_printing_library(self):
        text = source("#include <cstdio>", 'void f() { std::printf("x"); }')
        self.assertEqual(rules({"lib/io/x.cc": text}), {"printing"})
        self.assertEqual(rules({"tools/x.cc": text}), set())

    def test_thread_local_without_accessor(self):
        self.assertEqual(rules({"lib/io/x.cc": source("thread_local int mine;")}), {"thread-local"})
        self.assertEqual(rules({"lib/io/x.cc": source("// Read by its accessor here().",
                                                      "thread_local int mine;")}), set())

    def test_allowance_needs_a_reason_and_a_use(self):
        bad = {"lib/io/x.cc": source("thread_local int mine;")}
        line = "thread-local lib/io/x.cc"
        for text, expected in [(f"{line}  # measured\n", set()), (f"{line}\n", {"allowance"}),
                               (f"{line}  # a\nprinting lib/io/x.cc  # b\n", {"allowance"})]:
            with self.subTest(text):
                self.assertEqual(rules({**bad, "tools/dev.d/allowances.txt": text}), expected)


class Lines(unittest.TestCase):
    def test_no_licence(self):
        self.assertEqual(rules({"lib/io/x.cc": "int x;\n"}), {"licence"})

    def test_long_line(self):
        self.assertEqual(findings({"tools/x.py": "# SPDX-License-Identifier: MIT\n#" + " x" * 60}),
                         [("columns", "tools/x.py", 2)])


class Compiler(unittest.TestCase):
    def test_header_that_does_not_compile_alone(self):
        self.assertEqual(rules({"include/rondo/io/x.h": header("inline std::size_t x;")}),
                         {"headers"})

    def test_public_header_that_needs_exceptions(self):
        self.assertEqual(rules({"include/rondo/io/x.h": header("inline void f() { throw 1; }")}),
                         {"headers"})

    def test_change_in_an_included_header_is_seen(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / ".clang-format").write_text("BasedOnStyle: Google\n")
            lower, upper = root / "include/rondo/base/a.h", root / "include/rondo/io/b.h"
            for path, text in [(lower, header("struct A {};")),
                               (upper, header('#include "rondo/base/a.h"', "", "inline A b;"))]:
                path.parent.mkdir(parents=True)
                path.write_text(text)
            self.assertEqual({each.rule for each in check.findings(root)}, {"orphan"})
            lower.write_text(header("struct B {};"))
            self.assertEqual({each.rule for each in check.findings(root)}, {"orphan", "headers"})

    def test_unformatted(self):
        self.assertEqual(findings({"tools/x.c": source("int  x;")})[-1],
                         ("formatting", "tools/x.c", 2))


class Orphans(unittest.TestCase):
    MESON = "# SPDX-License-Identifier: MIT\n"

    def test_source_in_no_list(self):
        self.assertIn(("orphan", "lib/io/x.cc", 1), findings({"lib/io/x.cc": source("int x;")}))

    def test_public_header_that_is_not_installed(self):
        self.assertIn(("orphan", "include/rondo/io/x.h", 1),
                      findings({"include/rondo/io/x.h": header("struct X {};")}))

    def test_private_header_that_nothing_includes(self):
        self.assertIn(("orphan", "lib/io/x.h", 1),
                      findings({"lib/io/x.h": header("struct X {};")}))

    def test_list_that_names_what_is_gone(self):
        self.assertEqual(findings({"lib/meson.build": self.MESON + "files('io/gone.cc')\n"}),
                         [("orphan", "lib/meson.build", 2)])

    def test_whole_tree_passes(self):
        self.assertEqual(findings({
            "include/meson.build": self.MESON + "install_headers('rondo/io/x.h')\n",
            "include/rondo/io/x.h": header("struct X {};"),
            "lib/meson.build": self.MESON + "files('io/x.cc')\n",
            "lib/io/x.cc": source('#include "rondo/io/x.h"', "", '#include "io/y.h"'),
            "lib/io/y.h": header("struct Y {};"),
        }), [])


if __name__ == "__main__":
    unittest.main()
