"""Expressions that are statements of their own, without the tuples and exceptions that nobody takes.

    self.add_module("norm", norm),     ->  self.add_module("norm", norm)
    first(x), second(x)                ->  first(x); second(x)
    ValueError(described(x))           ->  described(x)

A trailing comma makes a tuple, and an exception that is only made is not raised.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from py2cpp_autograd.exceptions import BASES
from py2cpp_autograd.frontend.normalize.spans import Spans, with_substitutions
from py2cpp_autograd.frontend.parse import Source

#: Exceptions that take one argument of any kind, or none.
_MADE_OF_ANYTHING = frozenset(name for name in BASES if not name.startswith("Unicode"))


def drop_unused_values(source: Source) -> Source:
    """The source with the parts of such a statement as statements."""
    return with_substitutions(source, lambda spans, node: _line(source, spans, node))


def _line(source: Source, spans: Spans, node: cst.CSTNode) -> cst.CSTNode | None:
    if not isinstance(node, cst.SimpleStatementLine | cst.SimpleStatementSuite):
        return None
    parts = [list(_parts(source, spans, part)) for part in node.body]
    if all(made == [part] for made, part in zip(parts, node.body, strict=True)):
        return None
    body = [part for made in parts for part in made] or [spans.placed(cst.Pass(), node)]
    return spans.changed(node, body=[part.with_changes(semicolon=cst.MaybeSentinel.DEFAULT) for part in body])


def _parts(source: Source, spans: Spans, part: cst.BaseSmallStatement) -> Iterator[cst.BaseSmallStatement]:
    """What a statement does, as statements."""
    values = _values(source, part.value) if isinstance(part, cst.Expr) else None
    if values is None:
        yield part
        return
    for value in values:
        if not isinstance(value, cst.BaseNumber | cst.SimpleString | cst.ConcatenatedString):
            yield from _parts(source, spans, spans.placed(cst.Expr(value), value))


def _values(source: Source, value: cst.BaseExpression) -> list[cst.BaseExpression] | None:
    """What is evaluated for a value that nobody takes; None where that is the value itself."""
    match value:
        case cst.Tuple(elements=elements) if all(isinstance(element, cst.Element) for element in elements):
            return [element.value for element in elements]
        case cst.Call(func=cst.Name(value=name), args=[] | [cst.Arg(keyword=None, star="")] as given):
            is_made = name in _MADE_OF_ANYTHING and name not in source.own_names
            return [argument.value for argument in given] if is_made else None
        case _:
            return None
