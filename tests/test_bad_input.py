"""Hostile and broken sources: each gets a clear diagnostic or a right translation, never a crash."""

from __future__ import annotations

import pytest

from py2cpp_autograd import Translation, translate
from py2cpp_autograd.decode import decode
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend.parse import MAX_BYTES

HEAD = "import torch\n"
#: The place (line, 0-based column) and code of a diagnostic.
Found = tuple[str, int, int]


def translated(source: str) -> Translation:
    made = translate(source, filename="program.py")
    assert "PCA699" not in {found.code for found in made.diagnostics}, made.diagnostics
    return made


def body(source: str) -> str:
    """The body of `run()`, without the marks of unused variables."""
    made = translated(source)
    assert made.status == "translated", made.diagnostics
    inside = made.cpp.partition("void run() {\n")[2].partition("\n}\n")[0]
    return "\n".join(line.removeprefix("  ").replace("[[maybe_unused]] ", "") for line in inside.split("\n"))


def refusals(source: str) -> list[Found]:
    made = translated(source)
    assert made.status == "refused"
    assert made.cpp == ""
    return [(found.code, found.span.start.line, found.span.start.column) for found in made.diagnostics]


REFUSED: dict[str, tuple[str, Found]] = {
    "unclosed bracket": ("x = (1,\n", ("PCA101", 2, 4)),
    "unterminated string": ("x = 'abc\n", ("PCA101", 2, 4)),
    "unknown character": ("x = 1$2\n", ("PCA101", 2, 5)),
    "print statement": ("print 1\n", ("PCA101", 2, 0)),
    "indentation": ("  x = 1\n", ("PCA101", 2, 1)),
    "tabs and spaces": ("if True:\n\tx = 1\n        y = 2\n", ("PCA101", 4, 0)),
    "return outside": ("return 1\n", ("PCA101", 2, 0)),
    "break outside": ("break\n", ("PCA101", 2, 0)),
    "await outside": ("await f()\n", ("PCA101", 2, 0)),
    "nonlocal outside": ("nonlocal x\n", ("PCA101", 2, 0)),
    "NUL": ("x = 1\0\n", ("PCA101", 1, 0)),
    "lone surrogate": ('x = "\ud800"\n', ("PCA101", 1, 0)),
    "escaped surrogate": ('x = "\\ud800"\n', ("PCA103", 2, 4)),
    "nested brackets": ("x = " + "(" * 5000 + "1" + ")" * 5000 + "\n", ("PCA101", 2, 204)),
    "chain too long": ("x = " + " + ".join(["1"] * 20_000) + "\n", ("PCA106", 1, 0)),
    "long condition": ("x = " + " and ".join(["1"] * 60_000) + "\n", ("PCA106", 1, 0)),
    "loops of a comprehension": ("x = [0 " + "for a in b " * 60_000 + "]\n", ("PCA106", 1, 0)),
    "strings side by side": ("x = (" + "'a'\n" * 5000 + ")\n", ("PCA106", 1, 0)),
    "digits": ("x = " + "9" * 5000 + "\n", ("PCA101", 2, 0)),
    "beyond int64": ("x = 9223372036854775808\n", ("PCA304", 2, 4)),
    "bytes": ("x = b'abc'\n", ("PCA103", 2, 4)),
    "order of a set": ("x = {torch.ones(1)}\n", ("PCA505", 2, 4)),
    "complex": ("x = 1j * 2\n", ("PCA303", 2, 4)),
    "ellipsis": ("x = ...\n", ("PCA103", 2, 4)),
    "unknown exception": ("try:\n    x = 1\nexcept torch.nosuch:\n    x = 2\n", ("PCA102", 4, 7)),
    "coroutine": ("async def f():\n    pass\n", ("PCA102", 2, 0)),
    "generator": ("def f():\n    try:\n        yield 1\n    finally:\n        pass\nf()\n", ("PCA103", 7, 0)),
    "starred target": ("a, *b = 1, 2, 'c'\n", ("PCA307", 2, 0)),
    "double star": ("d = {'a': 1}\ndef f(a):\n    return a\nf(**d)\n", ("PCA104", 5, 2)),
    "deleted": ("x = 1\ndel x\nprint(x)\n", ("PCA205", 4, 6)),
    "read before": ("x = x\n", ("PCA205", 2, 4)),
    "ligature": ("fi = 1\n\ufb01 = 2\nprint(fi)\n", ("PCA601", 3, 0)),
    "decomposed letter": ("\u00e9 = 1\ne\u0301 = 2\n", ("PCA601", 3, 0)),
    "import with an effect": ("import antigravity\n", ("PCA204", 2, 0)),
    "relative import": ("from . import a\n", ("PCA204", 2, 0)),
    "star import": ("from torch import *\n", ("PCA202", 2, 0)),
    "endless recursion": ("def f(n):\n    return g(n)\ndef g(n):\n    return f(n)\nprint(f(3))\n", ("PCA301", 5, 11)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    source, expected = REFUSED[name]
    assert expected in refusals(HEAD + source)


def test_a_file_too_large() -> None:
    assert refusals("#" * (MAX_BYTES + 1)) == [("PCA106", 1, 0)]


def test_all_errors_are_told_in_one_run() -> None:
    source = HEAD + "a = unknown\nb = torch.nosuch()\nc = b + 1\nd = b'1'\ne = 99999999999999999999\n"
    assert refusals(source) == [("PCA201", 2, 4), ("PCA400", 3, 4), ("PCA103", 5, 4), ("PCA304", 6, 4)]


SAME: dict[str, tuple[str, str]] = {
    "byte order mark": ("\ufeffx = 1\n", "int64_t x = 1;"),
    "carriage returns": ("x = 1\r\ny = 2\r\n", "int64_t x = 1;\nint64_t y = 2;"),
    "old line ends": ("x = 1\ry = 2\r", "int64_t x = 1;\nint64_t y = 2;"),
    "form feed": ("\x0cx = 1\n", "int64_t x = 1;"),
    "continued line": ("x = 1 + \\\n    2\n", "int64_t x = 1 + 2;"),
    "no line end": ("x = 1", "int64_t x = 1;"),
    "semicolons": ("x = 1; y = 2\n", "int64_t x = 1;\nint64_t y = 2;"),
    "brackets": ("x = " + "(" * 150 + "1" + ")" * 150 + "\n", "int64_t x = 1;"),
    "signs": ("x = " + "-" * 1500 + "1\n", "int64_t x = 1;"),
    "smallest integer": ("y = -9223372036854775808\n", "int64_t y = std::numeric_limits<int64_t>::min();"),
    "infinite literal": ("x = 1e999\n", "double x = std::numeric_limits<double>::infinity();"),
    "NUL in a string": ('x = "a\\0b"\n', 'std::string x = std::string("a\\000b", 3);'),
    "hexadecimal escape": ('x = "\\x01f"\n', 'std::string x = "\\001f";'),
    "quotes and comments": (r'x = "*/ // \" \\ ??/"' + "\n", r'std::string x = "*/ // \" \\ ?\?/";'),
    "raw string": ("x = r'\\n'\n", 'std::string x = "\\\\n";'),
    "string of two lines": ('x = """a\nb"""\n', 'std::string x = "a\\nb";'),
    "text direction": ("x = '\u202e}'\n", 'std::string x = "\\342\\200\\256}";'),
    "letters": ("\u00e9 = 1\n", "int64_t \u00e9 = 1;"),
    "comment ends in a backslash": ("x = 1  # a \\\ny = 2\n", "int64_t x = 1;  // a \\ .\nint64_t y = 2;"),
    "comment with a trigraph": ("x = 1\n# a ??/\n", "int64_t x = 1;\n// a ??/ ."),
    "comment with other line ends": ("x = 1  # a \x0b b \x1c c\n", "int64_t x = 1;  // a   b   c"),
    "comment changes direction": ("x = 1  # \u202e } \u2066\n", "int64_t x = 1;  //   }"),
    "names of types": ("int64_t = 1\nstd = int64_t\n", "int64_t int64_t_ = 1;\nint64_t std_ = int64_t_;"),
    "versions of a variable": (
        "x = 1\nx_2 = 3\nx = 'a'\nprint(x, x_2)\n",
        'int64_t x = 1;\nint64_t x_2 = 3;\nstd::string x_2_ = "a";\nstd::cout << x_2_ << " " << x_2 << "\\n";',
    ),
    "a name of PyTorch": ("torch = 3\n", "int64_t torch_ = 3;"),
}


@pytest.mark.parametrize("name", SAME)
def test_translated(name: str) -> None:
    source, expected = SAME[name]
    assert body(source) == expected


@pytest.mark.parametrize(
    "source", ["", "\n\n", "# nothing\n", '"""Nothing."""\n', "pass\n", "import os, sys\n", "\ufeff"]
)
def test_programs_without_statements(source: str) -> None:
    assert "void run() {}" in translated(source).cpp


LONG: dict[str, str] = {
    "numbers": "x = " + " + ".join(["1"] * 1000) + "\n",
    "tensors": "t = torch.ones(2)\nx = " + " + ".join(["t"] * 1000) + "\n",
    "nodes": "t = torch.ones(2, requires_grad=True)\nx = " + " + ".join(["t.exp()"] * 300) + "\n",
    "calls": "t = torch.ones(2)\nx = t" + ".exp()" * 800 + "\n",
    "draws": "x = " + " * ".join(["torch.rand(2)"] * 200) + "\n",
    "conditions": "x = " + " and ".join(["1"] * 1000) + "\n",
    "strings": "x = (" + "'a'\n" * 1000 + ")\n",
    "display": "x = {" + ", ".join(f"'k{n}': {n}" for n in range(4000)) + "}\n",
    "lists": "x = " + "[" * 80 + "1" + "]" * 80 + "\n",
    "blocks": "".join(" " * depth + "if True:\n" for depth in range(90)) + " " * 90 + "x = 1\n",
    "branches": "n = 3\nif n == 0:\n    x = 0\n" + "".join(f"elif n == {k}:\n    x = {k}\n" for k in range(1, 600)),
    "lines": "x = 1\n" * 3000,
    "string": f"x = '{'a' * 100_000}'\n",
    "functions in a row": "".join(f"def f{n}(x):\n    return f{n + 1}(x)\n" for n in range(150))
    + "def f150(x):\n    return x\nx = f0(1)\n",
    "methods in a row": "class A:\n"
    + "".join(f"    def f{n}(self, x):\n        return self.f{n + 1}(x)\n" for n in range(150))
    + "    def f150(self, x):\n        return x\nx = A().f0(1)\n",
}


@pytest.mark.parametrize("name", LONG)
def test_long_programs(name: str) -> None:
    assert translated(HEAD + LONG[name]).status == "translated"


def test_decode() -> None:
    assert decode(b"# -*- coding: latin-1 -*-\nx = '\xe9'\n") == "# -*- coding: latin-1 -*-\nx = '\u00e9'\n"
    assert decode(b"\xef\xbb\xbfx = 1\n") == "x = 1\n"


@pytest.mark.parametrize("data", [b"x = '\xe9'\n", b"# coding: utf-7\nx = 1\n", b"# coding: nosuch\n", b"\xff\xfex\0"])
def test_bytes_that_hide_code_are_refused(data: bytes) -> None:
    with pytest.raises(Refusal):
        decode(data)


def test_the_warnings_of_python_are_not_ours(recwarn: pytest.WarningsRecorder) -> None:
    translate('def same(x: int) -> bool:\n    return x is 3\n\n\nif __name__ == "__main__":\n    print(1 == 1)\n')
    assert [str(warning.message) for warning in recwarn] == []
