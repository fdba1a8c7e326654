"""Whether the signatures of the rows are those of the installed torch: names, order and defaults of parameters.

Rows by hand are compared with what Python says of its functions and constructors, generated rows with the schemas,
so that another release of torch shows as a list of what has changed in it.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterator, Mapping
from operator import attrgetter

import torch

from py2cpp_autograd.installed import data_root
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.table.row import Variant
from py2cpp_autograd.tools import aten_schema

#: Defaults that mean the same: the row's, and Python's, as text.
_SAME = {
    ("False", "None"), ("None", "torch.strided"), ("[]", "torch.Size([])"), ("[]", "None"), ("{}", "None"),
    ("'relu'", "relu"), ("None", "default_generator"), ("None", "torch.float16"), ("None", "torch.bfloat16"),
}  # fmt: skip
#: Kinds of parameters whose names say nothing.
_UNNAMED = (
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.VAR_KEYWORD,
    inspect.Parameter.POSITIONAL_ONLY,
)
#: The methods that programs do not call by their names: Python's parameters are for its own machinery.
_IMPLICIT = ("__repr__", "__format__", "__str__")


def differences(table: Table) -> list[str]:
    """Where rows by hand and Python disagree."""
    found = []
    for row in table.rows():
        for variant in row.variants:
            python = _python(variant)
            if python is not None:
                found += [f"{variant.location}: {variant.key}[{variant.index}] {text}" for text in _of(variant, python)]
    return found


def _python(variant: Variant) -> Mapping[str, inspect.Parameter] | None:
    """The parameters of the function or constructor that a row by hand is about; None where Python does not say."""
    if variant.location.startswith("aten") or variant.refuse or "sig" not in variant.words:
        return None
    if not variant.key.startswith("torch.") or variant.key.endswith(_IMPLICIT):
        return None
    try:
        value = attrgetter(variant.key.removeprefix("torch.").removesuffix(".__call__"))(torch)
        value = value.forward if variant.key.endswith(".__call__") else value
        found = inspect.signature(value).parameters
    except (AttributeError, TypeError, ValueError):
        return None
    if any(one.kind in _UNNAMED for one in found.values()):
        return None
    return {name: one for name, one in found.items() if name != "self"}


def _of(variant: Variant, python: Mapping[str, inspect.Parameter]) -> Iterator[str]:
    parameters = [one for one in variant.signature.parameters if one.name != "self"]
    strangers = [one.name for one in parameters if one.name not in python]
    if strangers:
        yield f"has parameters that Python has not: {', '.join(strangers)}"
        return
    positional = [name for name, one in python.items() if one.kind is not inspect.Parameter.KEYWORD_ONLY]
    by_position = [one.name for one in parameters if not one.keyword_only]
    if by_position != positional[: len(by_position)]:
        yield f"has other positions: ({', '.join(by_position)}), in Python ({', '.join(positional)})"
    for one in parameters:
        given = python[one.name].default
        if one.has_default and not _is_same(one.default, given):
            yield f"has another default: {one.name} = {one.default!r}, in Python {given!r}"


def _is_same(row: object, python: object) -> bool:
    name = "default_generator" if isinstance(python, torch.Generator) else getattr(python, "__name__", repr(python))
    written = list(row) if isinstance(row, tuple) else row
    return row == python or (repr(written), name) in _SAME


def drift(table: Table) -> list[str]:
    """How the generated rows differ from the schemas of the installed torch: all of them belong to one release."""
    now = {key: variants for rows in aten_schema.generate().files.values() for key, variants in rows.items()}
    then: dict[str, object] = {}
    for path in (data_root() / "mappings" / "aten").glob("*.toml"):
        then |= tomllib.loads(path.read_text(encoding="utf-8"))
    found = [f"new in this torch: {key}" for key in now if key not in then and table.find(key) is None]
    found += [f"not in this torch: {key}" for key in then if key not in now]
    for key in (key for key in now if key in then):
        before = then[key] if isinstance(then[key], list) else [then[key]]
        assert isinstance(before, list)
        without = [[{k: v for k, v in words.items() if k != "result"} for words in both] for both in (before, now[key])]
        if without[0] != without[1]:
            found.append(f"changed in this torch: {key}: {now[key][0].get('sig')}")
    return found


def release() -> str:
    """The release of torch that the generated rows were made with."""
    header = (data_root() / "mappings" / "aten" / "functions.toml").read_text(encoding="utf-8").splitlines()[0]
    return header.partition("torch ")[2].partition(" ")[0]
