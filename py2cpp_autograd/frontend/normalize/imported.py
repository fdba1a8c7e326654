"""What names of a module stand for, as far as its imports tell: before there are scopes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from py2cpp_autograd.frontend.walk import dotted


def names_imported(body: Sequence[cst.BaseStatement]) -> Mapping[str, str]:
    """What the imports at the top of a module bind names to."""
    parts = [part for node in body if isinstance(node, cst.SimpleStatementLine) for part in node.body]
    return dict(found for part in parts for found in _bound(part))


def _bound(node: cst.CSTNode) -> Iterator[tuple[str, str]]:
    match node:
        case cst.Import(names=names):
            for alias in names:
                module = dotted(alias.name)
                top = module.partition(".")[0]
                yield (top, top) if alias.asname is None else (dotted(alias.asname.name), module)
        case cst.ImportFrom(names=[*names], module=module, relative=[]) if module is not None:
            for alias in names:
                name = dotted(alias.name)
                yield dotted(alias.asname.name) if alias.asname else name, f"{dotted(module)}.{name}"


def qualified(node: cst.BaseExpression, imported: Mapping[str, str]) -> str:
    """The API name of a dotted name; "" for other expressions and names."""
    if not isinstance(node, cst.Name | cst.Attribute):
        return ""
    first, dot, rest = dotted(node).partition(".")
    return f"{imported[first]}{dot}{rest}" if first in imported else ""
