"""The dtype category of each generated row's result, found by running torch's own sample inputs.

A word is only given where every sample of every dtype agrees with it; where no word does, or no sample reaches
the variant, the word is "unknown": a category is never guessed.
"""

from __future__ import annotations

import re
import sys
import unittest
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import ModuleType
from typing import Protocol, cast, runtime_checkable

import torch

from py2cpp_autograd.table.bind import NOT_LITERAL, Bound, CallArgument, bind
from py2cpp_autograd.table.convert import result_category
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.table.row import Row
from py2cpp_autograd.types import (
    BOOL,
    FLOAT,
    INT,
    NEVER,
    NONE,
    STR,
    ApiType,
    BoolType,
    DtypeCategory,
    FloatType,
    ListType,
    TensorType,
    TupleType,
    Type,
)


@runtime_checkable
class Sample(Protocol):
    """A sample call of torch's own tests."""

    input: object
    args: tuple[object, ...]
    kwargs: dict[str, object]


class Named(Protocol):
    """Another name of an operator."""

    name: str


class Operator(Protocol):
    """What is used of an entry of torch's database of operators."""

    name: str
    aliases: tuple[Named, ...]
    op: Callable[..., object]

    def supported_dtypes(self, device: str) -> set[torch.dtype]:
        """The dtypes that the operator takes."""
        ...

    def sample_inputs(self, device: str, dtype: torch.dtype, requires_grad: bool) -> Iterator[Sample]:
        """Sample calls."""
        ...


#: Tried in this order; the first that fits all samples is the row's word.
WORDS = ("int", "bool", "float", "complex", "same", "arithmetic", "sum", "inexact", "real")
_DTYPES = (torch.float32, torch.int64, torch.bool, torch.complex64)
#: How many samples of an operator and dtype are run, and how many of them with variations.
_SAMPLES = 12
#: Many of torch.nn.functional's functions are, with other defaults, functions of torch too.
_FUNCTIONAL = "nn.functional."
_VARIED = 3
#: Types of parameters that are sizes, dimensions and switches.
_SIZE = re.compile(r"(int|bool)(\[\d*\])?\??")


@dataclass(frozen=True)
class Given:
    """The arguments of one call of an operator."""

    arguments: tuple[object, ...]
    keywords: tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class Observation:
    """The types of a call's arguments, and the category of each tensor of its result."""

    arguments: tuple[Type, ...]
    results: tuple[DtypeCategory | None, ...]


Observations = Mapping[tuple[str, int], set[Observation]]


def category(dtype: torch.dtype) -> DtypeCategory:
    """The category of a dtype."""
    if dtype.is_complex:
        return "complex"
    if dtype.is_floating_point:
        return "float"
    return "bool" if dtype == torch.bool else "int"


def type_of(value: object) -> Type | None:
    """The type of a sample's argument; None where programs have no such values."""
    match value:
        case torch.Tensor():
            return TensorType(category(value.dtype))
        case bool():
            return BOOL
        case int():
            return INT
        case float():
            return FLOAT
        case str():
            return STR
        case None:
            return NONE
        case torch.dtype():
            return ApiType("torch.dtype")
        case list() | tuple():
            return _sequence(value)
        case _:
            return None


def _sequence(value: Sequence[object]) -> Type | None:
    types = [type_of(item) for item in value]
    known = tuple(type_ for type_ in types if type_ is not None)
    if len(known) != len(types):
        return None
    if not known:
        return ListType(NEVER)
    return ListType(known[0]) if len(set(known)) == 1 else TupleType(known)


def provide_test_packages() -> None:
    """Let torch's own test modules be imported where the packages that its test classes need are not installed."""
    if "expecttest" not in sys.modules:
        # torch's test classes derive from this package's; the samples need neither.
        stand_in = ModuleType("expecttest")
        stand_in.__dict__["TestCase"] = unittest.TestCase
        sys.modules["expecttest"] = stand_in


def operators() -> Sequence[Operator]:
    """torch's own database of operators and sample inputs."""
    provide_test_packages()
    from torch.testing._internal.common_methods_invocations import op_db

    return cast(Sequence[Operator], op_db)


def observe(table: Table) -> Observations:
    """What torch's samples, and variations of them, show of each variant of each row in `table`."""
    found: dict[tuple[str, int], set[Observation]] = defaultdict(set)
    for info in operators():
        rows = _rows(info, table)
        for given in _calls(info) if rows else ():
            described = _described(given)
            results = None if described is None else _results(info, given)
            if described is not None and results is not None:
                for row in rows:
                    _note(table, row, described, results, found)
    return found


def _rows(info: Operator, table: Table) -> list[Row]:
    names = [name.removeprefix(_FUNCTIONAL) for name in (info.name, *(alias.name for alias in info.aliases))]
    found = [table.find(f"{holder}.{name}") for name in names for holder in ("torch", "torch.Tensor")]
    return [row for row in found if row is not None]


def _calls(info: Operator) -> Iterator[Given]:
    for dtype in _DTYPES:
        if dtype not in info.supported_dtypes("cpu"):
            continue
        samples = islice(info.sample_inputs("cpu", dtype, requires_grad=False), _SAMPLES)
        for number, sample in enumerate(samples):
            given = Given((sample.input, *sample.args), tuple(sample.kwargs.items()))
            if "dtype" not in sample.kwargs and "out" not in sample.kwargs:
                yield given
                if number < _VARIED:
                    yield from _variations(given)


def _variations(given: Given) -> Iterator[Given]:
    """The call with its other tensors of other dtypes, or as numbers, and its numbers of other types."""
    others = given.arguments[1:]
    for dtype in (torch.float32, torch.int64, torch.bool):
        cast = tuple(other.to(dtype) if isinstance(other, torch.Tensor) else other for other in others)
        yield Given((given.arguments[0], *cast), given.keywords)
    for number in (2, 2.5, True):
        scalars = tuple(number if isinstance(other, torch.Tensor) else other for other in others)
        yield Given((given.arguments[0], *scalars), given.keywords)
        numbers = tuple(number if isinstance(other, int | float) else other for other in others)
        yield Given((given.arguments[0], *numbers), given.keywords)


def _note(
    table: Table,
    row: Row,
    described: list[CallArgument],
    results: tuple[DtypeCategory | None, ...],
    found: dict[tuple[str, int], set[Observation]],
) -> None:
    bound = bind(table, row, described)
    if isinstance(bound, Bound):
        sizes = _sizes(bound)
        given = [argument.type for index, argument in enumerate(described) if index not in sizes]
        types = tuple(type_ for type_ in given if type_ is not None)
        found[row.key, bound.variant.index].add(Observation(types, results))


def _sizes(bound: Bound) -> set[int]:
    """The arguments that are sizes, dimensions and switches: their types have no say in the dtype of the result."""
    parameters = [parameter for parameter in bound.variant.signature.parameters if _SIZE.fullmatch(str(parameter.type))]
    return {index for parameter in parameters for index in bound.positions.get(parameter.name, ())}


def _described(given: Given) -> list[CallArgument] | None:
    described = []
    for keyword, value in (*((None, value) for value in given.arguments), *given.keywords):
        type_ = type_of(value)
        if type_ is None:
            return None
        literal = value if isinstance(value, bool | int | float | str | None) else NOT_LITERAL
        described.append(CallArgument(keyword, type_, literal))
    return described


def _results(info: Operator, given: Given) -> tuple[DtypeCategory | None, ...] | None:
    operation = getattr(torch, info.name.removeprefix(_FUNCTIONAL), None) or info.op
    first = given.arguments[0]
    copied = first.clone() if isinstance(first, torch.Tensor) else first
    try:
        made = operation(copied, *given.arguments[1:], **dict(given.keywords))
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError, AttributeError):
        return None
    items = made if isinstance(made, tuple | list) else (made,)
    return tuple(category(item.dtype) if isinstance(item, torch.Tensor) else None for item in items)


def word_for(observations: set[Observation], elements: int | None) -> str | list[str]:
    """The `result` word that fits what was seen, one per element of a result that is a tuple of `elements`."""
    if elements is None:
        return _word([(seen.arguments, result) for seen in observations for result in seen.results])
    if not observations or any(len(seen.results) != elements for seen in observations):
        return "unknown"
    return [_word([(seen.arguments, seen.results[place]) for seen in observations]) for place in range(elements)]


def _word(seen: Sequence[tuple[tuple[Type, ...], DtypeCategory | None]]) -> str:
    """The word that says what was seen in all calls; of two that would part ways elsewhere, neither."""
    fitting = [word for word in WORDS if seen and all(result_category(word, t) == result for t, result in seen)]
    if {"same", "arithmetic"} <= set(fitting) and any(_has_company(types) for types, _ in seen):
        fitting = [word for word in fitting if word in ("bool", "int")] or ["promote"]
    if fitting:
        return fitting[0]
    floats = [result for types, result in seen if result_category("promote", types) == "float"]
    return "promote" if floats and set(floats) == {"float"} else "unknown"


def _has_company(types: tuple[Type, ...]) -> bool:
    """Whether the first tensor is not the only argument that promotion would look at."""
    return sum(isinstance(type_, TensorType | ListType | TupleType | FloatType | BoolType) for type_ in types) > 1
