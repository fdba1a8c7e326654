"""The printer of C++: precedence, literals, comments, the probed text, the source map."""

from __future__ import annotations

import struct

import pytest

from py2cpp_autograd import cpp
from py2cpp_autograd.cpp_literals import comment_lines, float_literal, int_literal, string_literal
from py2cpp_autograd.cpp_text import Printed, print_unit
from py2cpp_autograd.span import Position, Span

A, B, C = cpp.Name("a"), cpp.Name("b"), cpp.Name("c")


def unit(*body: cpp.Stmt) -> Printed:
    return print_unit(cpp.Unit((), (), (cpp.Section("n", (cpp.Function("void", "run", (), body),)),), None))


def lines(*body: cpp.Stmt) -> list[str]:
    """The lines of a function body, dedented."""
    text = unit(*body).text
    inside = text.partition("void run() {\n")[2].partition("\n}\n")[0]
    return [line.removeprefix("  ") for line in inside.split("\n")]


def text_of(expression: cpp.Expr) -> str:
    return "\n".join(lines(cpp.Do(expression))).removesuffix(";")


def binary(left: cpp.Expr, operator: str, right: cpp.Expr) -> cpp.Binary:
    return cpp.Binary(operator, left, right)


EXPRESSIONS: list[tuple[cpp.Expr, str]] = [
    (binary(binary(A, "+", B), "*", C), "(a + b) * c"),
    (binary(A, "*", binary(B, "+", C)), "a * (b + c)"),
    (binary(A, "+", binary(B, "*", C)), "a + b * c"),
    (binary(binary(A, "-", B), "-", C), "a - b - c"),
    (binary(A, "-", binary(B, "-", C)), "a - (b - c)"),
    (binary(A, "/", binary(B, "*", C)), "a / (b * c)"),
    (binary(binary(A, "<", B), "==", C), "a < b == c"),
    (binary(A, "<", binary(B, "==", C)), "a < (b == c)"),
    (binary(binary(A, "&&", B), "||", C), "(a && b) || c"),
    (binary(binary(A, "||", B), "&&", C), "(a || b) && c"),
    (binary(binary(A, "+", B), "&", C), "(a + b) & c"),
    (binary(binary(A, "==", B), "&", C), "(a == b) & c"),
    (binary(A, "=", binary(B, "=", C)), "a = b = c"),
    (binary(binary(A, "=", B), "=", C), "(a = b) = c"),
    (binary(A, "+=", binary(B, "+", C)), "a += b + c"),
    (binary(A, "<<", cpp.Ternary(A, B, C)), "a << (a ? b : c)"),
    (cpp.Unary("-", binary(A, "+", B)), "-(a + b)"),
    (binary(cpp.Unary("-", A), "*", B), "-a * b"),
    (cpp.Unary("-", cpp.Unary("-", A)), "- -a"),
    (cpp.Unary("-", cpp.Int(-3)), "- -3"),
    (cpp.Unary("!", cpp.Unary("!", A)), "! !a"),
    (cpp.Unary("&", cpp.Unary("&", A)), "& &a"),
    (binary(A, "-", cpp.Int(-3)), "a - -3"),
    (cpp.Member(binary(A, "+", B), "sum"), "(a + b).sum"),
    (cpp.Member(cpp.Unary("-", A), "sum"), "(-a).sum"),
    (cpp.Member(cpp.Unary("*", A), "sum"), "(*a).sum"),
    (cpp.Unary("*", cpp.Member(A, "sum")), "*a.sum"),
    (cpp.Member(cpp.Int(-3), "x"), "(-3).x"),
    (cpp.Member(cpp.Float(-0.0), "x"), "(-0.0).x"),
    (cpp.Member(A, "fc", arrow=True), "a->fc"),
    (cpp.Index(binary(A, "+", B), binary(B, "+", C)), "(a + b)[b + c]"),
    (cpp.Call(cpp.Lambda("&", (), None, (cpp.Return(A),)), ()), "[&]() { return a; }()"),
    (cpp.Call(A, (binary(B, "=", C), cpp.Ternary(A, B, C))), "a(b = c, a ? b : c)"),
    (cpp.Ternary(cpp.Ternary(A, B, C), B, C), "(a ? b : c) ? b : c"),
    (cpp.Ternary(A, B, cpp.Ternary(A, B, C)), "a ? b : a ? b : c"),
    (cpp.Ternary(A, cpp.Ternary(A, B, C), C), "a ? (a ? b : c) : c"),
    (cpp.Brace(None, (A, binary(B, "+", C))), "{a, b + c}"),
    (cpp.Brace(cpp.Name("std::vector<double>"), ()), "std::vector<double>{}"),
    (cpp.Call(A, (cpp.Commented("retain_graph", cpp.Bool(True)),)), "a(/*retain_graph=*/true)"),
    (
        cpp.Lambda("", (cpp.Parameter("int", "i", cpp.Int(1)),), "int", (), mutable=True),
        "[](int i = 1) mutable -> int {}",
    ),
]


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS, ids=[expected for _, expected in EXPRESSIONS])
def test_expressions_have_the_parentheses_they_need(expression: cpp.Expr, expected: str) -> None:
    assert text_of(expression) == expected


@pytest.mark.parametrize("value", [0, 1, -1, 2**31, 2**63 - 1, -(2**63) + 1])
def test_integers(value: int) -> None:
    assert int(int_literal(value)) == value


def test_the_smallest_integer_has_no_literal() -> None:
    assert int_literal(-(2**63)) == "std::numeric_limits<int64_t>::min()"


@pytest.mark.parametrize(
    "value", [0.0, -0.0, 0.1, 1e16, 1e-7, 5e-324, 1.7976931348623157e308, 3.0, 1e22, 123456789.125]
)
def test_floats_read_back_to_the_same_bits(value: float) -> None:
    literal = float_literal(value)
    assert struct.pack("<d", float(literal)) == struct.pack("<d", value)
    assert "." in literal or "e" in literal, "an integer literal would be another type"


def test_floats_without_a_literal() -> None:
    assert float_literal(float("nan")) == "std::numeric_limits<double>::quiet_NaN()"
    assert float_literal(float("-inf")) == "-std::numeric_limits<double>::infinity()"
    assert text_of(cpp.Member(cpp.Float(float("-inf")), "x")) == "(-std::numeric_limits<double>::infinity()).x"


STRINGS = [
    ("plain", '"plain"'),
    ('"quoted" \\', '"\\"quoted\\" \\\\"'),
    ("line\nfeed\ttab\rreturn", '"line\\nfeed\\ttab\\rreturn"'),
    ("\x01" + "23", '"\\00123"'),
    ("\x7f" + "f", '"\\177f"'),
    ("é€😀", '"é€😀"'),
    ("\u2028", '"\\342\\200\\250"'),
    ("??/", '"?\\?/"'),
    ("???=", '"?\\?\\?="'),
    ("a\0b", 'std::string("a\\000b", 3)'),
    ("é\0", 'std::string("é\\000", 3)'),
]


@pytest.mark.parametrize(("value", "expected"), STRINGS, ids=[repr(value) for value, _ in STRINGS])
def test_strings(value: str, expected: str) -> None:
    assert string_literal(value) == expected
    assert "??" not in expected


COMMENTS = [
    (" ends in a backslash \\", ["//  ends in a backslash \\ ."]),
    (" ends in a trigraph ??/", ["//  ends in a trigraph ??/ ."]),
    (" a\rint x;", ["//  a", "// int x;"]),
    (" a\r\nb", ["//  a", "//", "// b"]),
    (" a\x0bb\x1c\x85\u2028c", ["//  a b   c"]),
    (" */ closes /* nothing", ["//  */ closes /* nothing"]),
    ("", ["//"]),
    ("\\  ", ["// \\ ."]),
]


@pytest.mark.parametrize(("text", "expected"), COMMENTS, ids=[repr(text) for text, _ in COMMENTS])
def test_comments_stay_comments(text: str, expected: list[str]) -> None:
    found = comment_lines(text)
    assert found == expected
    assert all(line.startswith("//") and not line.endswith("\\") and len(line.splitlines()) == 1 for line in found)


def test_a_trailing_comment_stands_behind_its_statement() -> None:
    assert lines(cpp.Do(A), cpp.Comment("why", trailing=True), cpp.Do(B)) == ["a;  // why", "b;"]
    assert lines(cpp.Do(A), cpp.Comment("one\ntwo", trailing=True)) == ["a;", "// one", "// two"]


def test_a_trailing_comment_is_not_put_on_a_recorder_line() -> None:
    recorder = cpp.Probe(cpp.Do(cpp.Call(cpp.Name("record"), ())))
    printed = unit(cpp.Do(A), recorder, cpp.Comment("why", trailing=True))
    assert "a;  // why\n" in printed.text
    assert "record();\n" in printed.probed_text


STATEMENTS: list[tuple[cpp.Stmt, list[str]]] = [
    (cpp.Declare("auto", "x", A), ["auto x = a;"]),
    (cpp.Declare("double", "x"), ["double x;"]),
    (cpp.Declare("Net", "net", None, ()), ["Net net;"]),
    (cpp.Declare("Net", "net", None, (A, B)), ["Net net(a, b);"]),
    (cpp.Declare("V", "v", cpp.Brace(None, (A,))), ["V v{a};"]),
    (cpp.Declare("auto", "v", cpp.Brace(cpp.Name("V"), (A,))), ["auto v = V{a};"]),
    (cpp.Bind(("x", "y"), A), ["auto [x, y] = a;"]),
    (cpp.Return(None), ["return;"]),
    (cpp.Throw(A), ["throw a;"]),
    (cpp.Jump("continue"), ["continue;"]),
    (cpp.While(A, (cpp.Do(B),)), ["while (a) {", "  b;", "}"]),
    (cpp.If(A, (cpp.Do(B),), (cpp.Do(C),)), ["if (a) {", "  b;", "} else {", "  c;", "}"]),
    (
        cpp.If(A, (cpp.Do(A),), (cpp.If(B, (cpp.Do(B),), (cpp.Do(C),)),)),
        ["if (a) {", "  a;", "} else if (b) {", "  b;", "} else {", "  c;", "}"],
    ),
    (cpp.RangeFor("auto", "x", A, (cpp.Do(B),)), ["for (auto x : a) {", "  b;", "}"]),
    (
        cpp.For(cpp.Declare("int64_t", "i", cpp.Int(0)), binary(A, "<", B), cpp.Unary("++", A), ()),
        ["for (int64_t i = 0; a < b; ++a) {", "}"],
    ),
    (cpp.Block((cpp.Do(A),)), ["{", "  a;", "}"]),
]


@pytest.mark.parametrize(("statement", "expected"), STATEMENTS, ids=[expected[0] for _, expected in STATEMENTS])
def test_statements(statement: cpp.Stmt, expected: list[str]) -> None:
    assert lines(statement) == expected


def test_a_long_stream_continues_on_lines_of_its_own() -> None:
    value: cpp.Expr = cpp.Name("std::cout")
    for _ in range(12):
        value = binary(value, "<<", cpp.String("0123456789"))
    found = lines(cpp.Do(value))
    assert len(found) == 2
    assert all(len(line) <= 110 for line in found)
    assert found[1].startswith("    << ")
    assert "".join(found).count("<<") == 12


def test_the_emitted_text_is_the_probed_text_without_the_recorder_lines() -> None:
    recorder = cpp.Probe(cpp.Do(cpp.Call(cpp.Name("py2cpp::probe::record"), (cpp.String("x"), A))))
    inside = cpp.Lambda("&", (), None, (cpp.Do(A), recorder, cpp.Return(B)))
    printed = unit(cpp.Declare("auto", "f", inside), recorder, cpp.If(A, (recorder, cpp.Do(C))))
    kept = [line for line in printed.probed_text.split("\n") if "probe" not in line]
    assert "\n".join(kept) == printed.text
    assert printed.probed_text.count("probe::record") == 3
    assert "\0" not in printed.probed_text


def test_the_source_map_points_at_the_emitted_text() -> None:
    first, second, whole = Span.of(3, 4, 3, 5), Span.of(3, 8, 3, 9), Span.of(3, 0, 3, 9)
    product = cpp.Binary("*", cpp.Name("alpha", first), cpp.Name("beta", second), whole)
    recorder = cpp.Probe(cpp.Do(cpp.Call(cpp.Name("record"), ())))
    statement = cpp.Declare("auto", "x", product, span=Span.of(3, 0, 3, 20))
    printed = unit(recorder, statement)
    text = printed.text.split("\n")
    found = {python: text[at.start.line - 1][at.start.column : at.end.column] for at, python in printed.source_map}
    assert found == {
        first: "alpha",
        second: "beta",
        whole: "alpha * beta",
        Span.of(3, 0, 3, 20): "auto x = alpha * beta;",
    }


def test_the_source_map_reaches_into_lambdas_of_several_lines() -> None:
    span = Span.of(7, 2, 7, 5)
    body = (cpp.Do(A), cpp.Do(cpp.Name("inner", span)))
    printed = unit(cpp.Declare("auto", "f", cpp.Lambda("&", (), None, body)))
    ((at, python),) = printed.source_map
    assert python == span
    text = printed.text.split("\n")
    assert text[at.start.line - 1][at.start.column : at.end.column] == "inner"
    assert at.start != Position(at.start.line, 0)


def test_files() -> None:
    main = cpp.Function("int", "main", (), (cpp.Do(A),))
    struct_ = cpp.Struct("NetImpl", "torch::nn::Module", (cpp.Declare("int", "x"),))
    header = (cpp.Comment("Translated."),)
    holder = cpp.MacroCall("TORCH_MODULE", (cpp.Name("Net"),))
    made = print_unit(cpp.Unit(header, ("<vector>",), (cpp.Section("n", (struct_, holder)),), main))
    assert made.text == (
        "// Translated.\n#include <vector>\n\nnamespace n {\n\nstruct NetImpl : torch::nn::Module {\n  int x;\n};\n"
        "TORCH_MODULE(Net);\n\n}  // namespace n\n\nint main() {\n  a;\n}\n"
    )
    assert made.probed_text == made.text.replace("<vector>\n", '<vector>\n#include "py2cpp/probe.h"\n')
