"""Diagnostics as people see them."""

from __future__ import annotations

import pytest

from py2cpp_autograd.diagnostics import CODES, Diagnostic
from py2cpp_autograd.diagnostics_text import diagnostic_json, render, source_lines
from py2cpp_autograd.span import Span


def found(span: Span, message: str = "the name `foo` is not defined") -> Diagnostic:
    return Diagnostic("PCA201", message, "define it", span)


def test_block() -> None:
    text = render([found(Span.of(2, 4, 2, 7))], "import torch\ny = foo + 1\n", "net.py")
    assert text == (
        "net.py:2:5: error[PCA201] the name `foo` is not defined\n"
        "  |\n"
        "2 | y = foo + 1\n"
        "  |     ^^^\n"
        "  = help: define it"
    )


def test_blocks_are_separated() -> None:
    text = render([found(Span.of(1, 0, 1, 1)), found(Span.of(1, 2, 1, 3))], "a b\n", "net.py")
    assert text.count("\n\n") == 1


@pytest.mark.parametrize(
    ("line", "column", "end", "carets"),
    [
        ("\ty = foo", 5, 8, "        ^^^"),
        ("größe = foo", 8, 11, "        ^^^"),
        ("変数 = foo", 5, 8, "       ^^^"),
        ("変数 = 1", 0, 2, "^^^^"),
        ("e\u0301 = foo", 5, 8, "    ^^^"),
        ("y = 🦋", 4, 5, "    ^^"),
        ("y = foo", 7, 7, "       ^"),
        ("y = foo", 40, 50, "       ^"),
    ],
)
def test_carets_stand_under_the_text(line: str, column: int, end: int, carets: str) -> None:
    shown = render([found(Span.of(1, column, 1, end))], line, "net.py").split("\n")
    assert shown[3] == f"  | {carets}"


def test_a_span_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    shown = render([found(Span.of(1, 4, 3, 1))], "y = f(  \n  1,\n)\n", "net.py").split("\n")
    assert shown[2:4] == ["1 | y = f(", "  |     ^^"]


def test_a_long_line_is_cut_around_the_caret() -> None:
    line = "x = [" + "1, " * 400 + "foo]"
    column = line.index("foo")
    shown = render([found(Span.of(1, column, 1, column + 3))], line, "net.py").split("\n")
    assert len(shown[2]) < 160
    assert shown[2][shown[3].index("^") :].startswith("foo")


@pytest.mark.parametrize("line", ["foo \x1b[31m", "foo \u202e", "foo \x00", "foo \u2028 x"])
def test_a_source_cannot_steer_the_terminal(line: str) -> None:
    text = render([found(Span.of(1, 0, 1, 3), f"about {line}")], line, f"{line}.py")
    assert all(character.isprintable() for character in text.replace("\n", ""))


def test_colour() -> None:
    plain = render([found(Span.of(1, 0, 1, 1))], "a", "net.py")
    colored = render([found(Span.of(1, 0, 1, 1))], "a", "net.py", color=True)
    assert "\x1b[" not in plain
    assert "\x1b[1;31merror[PCA201]\x1b[0m" in colored


def test_a_line_outside_of_the_source_is_left_out() -> None:
    text = render([found(Span.of(9, 0, 9, 1))], "a\n", "net.py")
    assert "|" not in text


def test_lines_end_as_in_python() -> None:
    assert source_lines("a\r\nb\rc\nd\x0ce\u2028f") == ["a", "b", "c", "d\x0ce\u2028f"]


def test_json() -> None:
    assert diagnostic_json(found(Span.of(2, 4, 2, 7))) == {
        "code": "PCA201",
        "slug": "unknown-name",
        "severity": "error",
        "message": "the name `foo` is not defined",
        "help": "define it",
        "range": {"start": {"line": 2, "column": 4}, "end": {"line": 2, "column": 7}},
    }


def test_slugs_are_unique_words() -> None:
    slugs = [row.slug for row in CODES.values()]
    assert len(slugs) == len(set(slugs))
    assert all(slug.replace("-", "").isalpha() for slug in slugs)
