"""The binder: which variant takes a call, and what is said when none does."""

from __future__ import annotations

from typing import Any

import pytest

from py2cpp_autograd.table.bind import Bound, CallArgument, Mismatch, bind
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.types import (
    BOOL,
    FLOAT,
    INT,
    NEVER,
    NONE,
    STR,
    TENSOR,
    ApiType,
    InstanceType,
    ListType,
    OptionalType,
    TensorType,
    TupleType,
    Type,
)

FLOATS, INTS, BOOLS = TensorType("float"), TensorType("int"), TensorType("bool")


class Literal:
    """A constant argument."""

    def __init__(self, value: object) -> None:
        self.value = value
        kinds: dict[type, Type] = {int: INT, float: FLOAT, bool: BOOL, str: STR, type(None): NONE}
        self.type = kinds[type(value)]


Given = Type | Literal | None


def argument(keyword: str | None, given: Type | Literal | None) -> CallArgument:
    return (
        CallArgument(keyword, given.type, given.value) if isinstance(given, Literal) else CallArgument(keyword, given)
    )


def call(row: dict[str, Any] | list[dict[str, Any]], *given: Given, **keywords: Given) -> Bound | Mismatch:
    module = {"class": "torch::nn::Module"}
    linear = {"class": "torch::nn::Linear", "bases": ["torch.nn.Module"]}
    written = {"torch.f": row, "torch.nn.Module": module, "torch.nn.Linear": linear}
    table = Table({key: ("f.toml", words) for key, words in written.items()})
    found = table.find("torch.f")
    assert found is not None
    arguments = [argument(None, value) for value in given]
    return bind(table, found, arguments + [argument(name, value) for name, value in keywords.items()])


def row(sig: str, **words: object) -> dict[str, Any]:
    return {"sig": sig, "cpp": "f()", **words}


def bound(made: Bound | Mismatch) -> Bound:
    assert isinstance(made, Bound), made
    return made


def code(made: Bound | Mismatch) -> str:
    assert isinstance(made, Mismatch), made
    return made.code


ACCEPTED: list[tuple[str, Type | Literal | None]] = [
    ("Tensor", TENSOR), ("Tensor", OptionalType(TENSOR)), ("Tensor?", NONE), ("Scalar", INT), ("Scalar", BOOL),
    ("float", INT), ("float", FLOAT), ("int", INT), ("bool", BOOL), ("int?", OptionalType(INT)), ("int?", INT),
    ("int[]", ListType(INT)), ("int[]", ListType(INT, fixed=True)), ("int[]", TupleType((INT, INT))),
    ("int[]", ListType(NEVER)), ("int[2]", INT), ("float[]", ListType(INT)), ("Tensor[1]", TENSOR),
    ("'mean'|'sum'", Literal("sum")), ("torch.nn.Module", ApiType("torch.nn.Linear")),
    ("torch.nn.Module", InstanceType("Net")), ("Fn(Tensor) -> Tensor", None), ("device", STR),
    ("dtype", ApiType("torch.dtype")), ("(Tensor, int)", TupleType((TENSOR, INT))),
]  # fmt: skip
REFUSED: list[tuple[str, Type | Literal | None]] = [
    ("Tensor", FLOAT), ("int", FLOAT), ("int", BOOL), ("bool", INT), ("int", NONE), ("int", OptionalType(INT)),
    ("int[]", INT), ("int[]", ListType(FLOAT)), ("str", INT), ("'mean'|'sum'", Literal("none")), ("Tensor", None),
    ("torch.nn.Linear", ApiType("torch.nn.Module")), ("(Tensor, int)", TupleType((TENSOR,))), ("float", STR),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "given"), ACCEPTED)
def test_accepted(wanted: str, given: Type | Literal | None) -> None:
    bound(call(row(f"(x: {wanted})"), given))


@pytest.mark.parametrize(("wanted", "given"), REFUSED)
def test_refused(wanted: str, given: Type | Literal | None) -> None:
    assert code(call(row(f"(x: {wanted})"), given)) == "PCA403"


def test_keywords_bind_by_name() -> None:
    made = bound(call(row("(a: int, b: int = 0, *, c: bool = False) -> int"), INT, c=BOOL))
    assert made.positions == {"a": (0,), "c": (1,)}
    assert made.result == INT


def test_variadic_parameters() -> None:
    sizes = row("(*size: int[], dtype: dtype? = None) -> Tensor")
    made = bound(call(sizes, INT, INT))
    assert dict(made.positions) == {"size": (0, 1)}
    assert made.collected == {"size"}
    for listed in (bound(call(sizes, ListType(INT))), bound(call(sizes, size=ListType(INT)))):
        assert dict(listed.positions) == {"size": (0,)}
        assert not listed.collected


def test_variants_in_order() -> None:
    rows = [row("(a: Tensor, b: Tensor) -> Tensor"), row("(a: Tensor, b: Scalar) -> Tensor"), row("(a: Tensor) -> int")]
    assert bound(call(rows, TENSOR, TENSOR)).variant.index == 0
    assert bound(call(rows, TENSOR, FLOAT)).variant.index == 1
    assert bound(call(rows, TENSOR)).variant.index == 2
    refused = call(rows, TENSOR, STR)
    assert isinstance(refused, Mismatch)
    assert refused.code == "PCA403"
    assert refused.help is not None
    assert "(a: Tensor, b: Scalar) -> Tensor" in refused.help


@pytest.mark.parametrize(
    ("given", "keywords"), [((), {}), ((INT, INT, INT), {}), ((INT,), {"a": INT}), ((INT,), {"z": INT})]
)
def test_wrong_arguments(given: tuple[Type, ...], keywords: dict[str, Type]) -> None:
    plain = row("(a: int, b: int = 0) -> int")
    assert code(call(plain, *given, **keywords)) == "PCA306"
    assert code(call([plain, plain], *given, **keywords)) == "PCA306"


def test_absent_arguments() -> None:
    words = row("(x: Tensor, out: Tensor? = None) -> Tensor", absent={"out": "None"})
    bound(call(words, TENSOR))
    bound(call(words, TENSOR, out=Literal(None)))
    assert code(call(words, TENSOR, out=TENSOR)) == "PCA402"
    assert code(call([words, row("() -> int")], TENSOR, out=TENSOR)) == "PCA402"
    flag = row("(flag: bool = True)", absent={"flag": "True"})
    bound(call(flag, Literal(True)))
    assert code(call(flag, Literal(False))) == "PCA402"
    assert code(call(flag, BOOL)) == "PCA402"


def test_computed_words() -> None:
    """A word that chooses the variant must be known; which of several it is may show when the program runs."""
    assert code(call(row("(mode: 'fast' = 'fast')"), STR)) == "PCA404"
    assert bound(call(row("(reduction: 'mean'|'sum' = 'mean')"), STR)).positions == {"reduction": (0,)}


def test_type_variables() -> None:
    words = row("(self: $T[], value: $T) -> $T")
    assert bound(call(words, ListType(INT), INT)).result == INT
    assert bound(call(words, ListType(NEVER), FLOAT)).result == FLOAT
    assert code(call(words, ListType(FLOAT), INT)) == "PCA403"
    assert code(call(words, ListType(INT), STR)) == "PCA403"


RESULTS: list[tuple[str, tuple[Type, ...], Type]] = [
    ("promote", (FLOATS, FLOATS), FLOATS), ("promote", (FLOATS, TENSOR), TENSOR), ("promote", (INTS,), TENSOR),
    ("same", (INTS, FLOATS), INTS), ("same", (TENSOR, FLOATS), TENSOR),
    ("arithmetic", (INTS, FLOAT), FLOATS), ("arithmetic", (BOOLS, INT), INTS), ("arithmetic", (INTS, FLOATS), FLOATS),
    ("arithmetic", (FLOATS, TENSOR), TENSOR), ("arithmetic", (FLOATS, TensorType("complex")), TensorType("complex")),
    ("inexact", (INTS,), FLOATS), ("inexact", (TENSOR,), TENSOR), ("inexact", (INTS, FLOAT), FLOATS),
    ("sum", (BOOLS,), INTS), ("sum", (FLOATS,), FLOATS), ("real", (TensorType("complex"),), FLOATS),
    ("int", (FLOATS,), INTS), ("unknown", (FLOATS,), TENSOR),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "given", "result"), RESULTS)
def test_results(rule: str, given: tuple[Type, ...], result: Type) -> None:
    words = row("(a: Tensor) -> Tensor" if len(given) == 1 else "(a: Tensor, b: $T) -> Tensor", result=rule)
    assert bound(call(words, *given)).result == result


def test_results_of_tuples_and_dtypes() -> None:
    named = row("(a: Tensor) -> (values: Tensor, indices: Tensor)", result=["same", "int"])
    made = bound(call(named, FLOATS)).result
    assert made == TupleType((FLOATS, INTS))
    assert isinstance(made, TupleType)
    assert made.names == ("values", "indices")
    assert bound(call(row("() -> (Tensor, ...)"))).result == ListType(TENSOR, fixed=True)
    dtype = row("(a: Tensor, dtype: dtype? = None) -> Tensor", result="dtype|sum")
    assert bound(call(dtype, BOOLS)).result == INTS
    assert bound(call(dtype, BOOLS, Literal(None))).result == INTS
    assert bound(call(dtype, BOOLS, ApiType("torch.dtype"))).result == TENSOR
    assert bound(call({"class": "torch::F", "sig": "()"})).result == ApiType("torch.f")
