"""The row language: signatures, patterns, and what makes a row wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest

from py2cpp_autograd import cpp
from py2cpp_autograd.table import pattern, signature
from py2cpp_autograd.table.load import load_table
from py2cpp_autograd.table.row import Row, RowError

SIGNATURES = [
    "() -> None",
    "(self: Tensor, dim: int[]? = None, keepdim: bool = False, *, dtype: dtype? = None) -> Tensor",
    "(*size: int[], dtype: dtype? = None) -> (values: Tensor, indices: Tensor)",
    "(a: 'mean'|'sum' = 'mean', betas: (float, float) = (0.9, 0.999), eps: float = 1e-08) -> (Tensor, ...)",
    "(f: Fn(Tensor, int) -> Tensor, d: dict(str, $V), m: torch.nn.Module, k: int[2] = -1) -> $V?",
]


@pytest.mark.parametrize("text", SIGNATURES)
def test_signatures_round_trip(text: str) -> None:
    parsed = signature.parse(text)
    assert str(parsed) == text
    assert signature.parse(str(parsed)) == parsed


def test_every_signature_of_the_table_round_trips() -> None:
    for row in load_table().rows():
        for variant in row.variants:
            assert signature.parse(str(variant.signature)) == variant.signature


@pytest.mark.parametrize(
    "text", ["(x)", "(x: Tensr)", "(x: int = y) -> int", "(x: int", "(x: int) -> int int", "(x: int @ 2)", "x: int"]
)
def test_wrong_signatures(text: str) -> None:
    with pytest.raises(signature.SignatureError):
        signature.parse(text)


PATTERNS: dict[str, cpp.Expr] = {
    "self.grad()": cpp.Call(cpp.Member(cpp.Name("self"), "grad"), ()),
    "self.mutable_grad() = value": cpp.Binary(
        "=", cpp.Call(cpp.Member(cpp.Name("self"), "mutable_grad"), ()), cpp.Name("value")
    ),
    "std::optional<int64_t>(dim)": cpp.Call(cpp.Name("std::optional<int64_t>"), (cpp.Name("dim"),)),
    "self.item<double>()": cpp.Call(cpp.Member(cpp.Name("self"), "item<double>"), ()),
    "a < b ? -1 : 2.5": cpp.Ternary(
        cpp.Binary("<", cpp.Name("a"), cpp.Name("b")), cpp.Unary("-", cpp.Int(1)), cpp.Float(2.5)
    ),
    "x->y[0]": cpp.Index(cpp.Member(cpp.Name("x"), "y", arrow=True), cpp.Int(0)),
    "torch::Tensor{}": cpp.Brace(cpp.Name("torch::Tensor"), ()),
    "f(/*flag=*/true, {a, 1})": cpp.Call(
        cpp.Name("f"), (cpp.Commented("flag", cpp.Bool(True)), cpp.Brace(None, (cpp.Name("a"), cpp.Int(1))))
    ),
    "a + b * c - (d - e)": cpp.Binary(
        "-",
        cpp.Binary("+", cpp.Name("a"), cpp.Binary("*", cpp.Name("b"), cpp.Name("c"))),
        cpp.Binary("-", cpp.Name("d"), cpp.Name("e")),
    ),
}


@pytest.mark.parametrize("text", PATTERNS)
def test_patterns(text: str) -> None:
    assert pattern.parse(text) == PATTERNS[text]


@pytest.mark.parametrize("text", ["", "f(", "f(a))", "a +", "a ? b", "{a, b", "a @ b", "f(a,, b)"])
def test_wrong_patterns(text: str) -> None:
    with pytest.raises(pattern.PatternError):
        pattern.parse(text)


def test_names_of_a_pattern() -> None:
    assert {"self", "dim"} <= pattern.names(pattern.parse("self.f(std::optional<int64_t>(dim), 1)"))


ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "no kind": ({"sig": "()"}, "exactly one of"),
    "two kinds": ({"cpp": "f()", "value": "x"}, "exactly one of"),
    "unknown word": ({"cpp": "f()", "sgi": "()"}, "unknown word sgi"),
    "wrong signature": ({"sig": "(x: Tensr)", "cpp": "f(x)"}, "unknown type word"),
    "wrong pattern": ({"sig": "(x: Tensor)", "cpp": "f(x"}, "in 'f(x'"),
    "stranger": ({"sig": "(x: Tensor)", "cpp": "at::f(x, y)"}, "y is no parameter"),
    "unused": ({"sig": "(x: Tensor, y: int)", "cpp": "at::f(x)"}, "parameter y is used nowhere"),
    "absent stranger": ({"sig": "()", "cpp": "f()", "absent": {"z": "None"}}, "absent names no parameter: z"),
    "effect": ({"sig": "()", "cpp": "f()", "effect": "random"}, "unknown effect"),
    "result": ({"sig": "() -> Tensor", "cpp": "f()", "result": "flaot"}, "unknown result flaot"),
    "code": ({"refuse": "PCA999"}, "refuse names no diagnostic"),
    "type": ({"get": "self.f()", "type": "Tnsor"}, "unknown type word"),
}


@pytest.mark.parametrize("name", ROWS)
def test_wrong_rows_name_file_and_key(name: str) -> None:
    words, message = ROWS[name]
    with pytest.raises(RowError) as caught:
        Row.of("torch.f", words, "f.toml").variants[0].validate()
    assert str(caught.value).startswith('f.toml: ["torch.f"]')
    assert message in str(caught.value)


def test_every_row_is_valid() -> None:
    table = load_table()
    for row in table.rows():
        for variant in row.variants:
            variant.validate()
        assert table.find(row.key) is not None, f"{row.key} is an alias of nothing"


def test_no_argument_is_evaluated_twice() -> None:
    """A hole that stands twice would be; `out` and the lists that are assigned to are variables."""
    twice = []
    for row in load_table().rows():
        for variant in row.variants:
            text = re.sub(r"/\*.*?\*/", "", str(variant.words.get("cpp", "")))
            for parameter in variant.signature.parameters:
                count = len(re.findall(rf"(?<![\w.:>]){parameter.name}\b(?!::)", text))
                if count > 1 and parameter.name != "out" and not row.key.startswith("builtins.list."):
                    twice.append((row.key, parameter.name))
    assert not twice


def test_rows_by_hand_have_examples() -> None:
    for row in load_table().rows():
        written = [variant for variant in row.variants if not variant.location.startswith("aten")]
        if written and written[0].kind != "alias":
            assert any("examples" in variant.words for variant in written), row.key
