"""The parameters of LibTorch's functions and methods, in their order, as the table's patterns name them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from py2cpp_autograd.table.load import load_table

_CALL = re.compile(r"(?:(?:torch|at)::(?P<function>\w+)|self\.(?P<method>\w+))\((?P<parameters>.*)\)")


@lru_cache(maxsize=1)
def parameters() -> dict[str, frozenset[tuple[str, ...]]]:
    """The names of the parameters of each function, one tuple for each overload; methods begin with a dot."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for row in load_table().rows():
        for variant in row.variants:
            call = _CALL.fullmatch(str(variant.words.get("cpp", "")))
            if call is not None:
                name = call["function"] or f".{call['method']}"
                found.setdefault(name, set()).add(tuple(_split(call["parameters"])))
    return {name: frozenset(overloads) for name, overloads in found.items()}


def _split(text: str) -> Iterator[str]:
    """The arguments of a pattern; what is no parameter by itself is empty."""
    depth, begin = 0, 0
    for at, character in enumerate(f"{text},"):
        depth += (character in "([{<") - (character in ")]}>")
        if character == "," and depth == 0:
            part = text[begin:at].strip()
            yield part if part.isidentifier() else ""
            begin = at + 1


def misplaced(function: str, index: int, name: str) -> str:
    """The parameter that stands where an argument says `name`; empty where that is right, or not known."""
    overloads = [one for one in parameters().get(function, ()) if name in one]
    others = {one[index] for one in overloads if index < len(one)}
    if not overloads or name in others:
        return ""
    return next(iter(sorted(others - {""})), f"number {index + 1}")
