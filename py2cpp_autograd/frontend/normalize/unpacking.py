"""Values that unpack into names, written as what has a known length.

    q, k, v = map(split, parts)          ->  q, k, v = list(map(split, parts))
    q, k, v = (split(p) for p in parts)  ->  q, k, v = [split(p) for p in parts]
    b, n, _, h = *x.shape, self.heads    ->  b, n, _ = x.shape; h = self.heads
    x, found = f(y), []                  ->  x = f(y); found = []
    xs, ys = zip(*pairs)                 ->  pairs[0]; xs = tuple(x for x, y in pairs); ys = tuple(y for x, y in pairs)
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd.frontend.bindings import mentions
from py2cpp_autograd.frontend.normalize.spans import Spans, with_substitutions
from py2cpp_autograd.frontend.own_names import SPELLED, builtin
from py2cpp_autograd.frontend.parse import Source

#: Calls that give an iterator; an unpacking reads it once, and to its end.
_ITERATORS = frozenset({"map", "zip", "filter", "reversed"})


def spell_out_unpacking(source: Source) -> Source:
    """The source with iterators that unpack as lists, and each part of what unpacks with its own names."""
    return with_substitutions(source, lambda spans, node: _unpacking(source, spans, node))


def _unpacking(source: Source, spans: Spans, node: cst.CSTNode) -> cst.CSTNode | None:
    match node:
        case cst.SimpleStatementLine(
            body=[
                cst.Assign(
                    targets=[cst.AssignTarget(target=cst.Tuple() as target)],
                    value=cst.Call(func=cst.Name("zip"), args=[cst.Arg(star="*", value=cst.Name() as pairs)]),
                ) as assigned
            ]
        ) if "zip" not in source.own_names:
            columns = _columns(target, pairs)
            placed = [spans.placed_whole(column, assigned) for column in columns]
            return spans.changed(node, body=placed) if columns else None
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple())], value=cst.Call() as value):
            return spans.changed(node, value=_listed(spans, value)) if _gives_iterator(source, value) else None
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple())], value=cst.GeneratorExp() as value):
            made = cst.ListComp(elt=value.elt, for_in=value.for_in)
            return spans.changed(node, value=spans.placed(made, value))
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple() as target)], value=cst.Tuple() as value)]
        ):
            parts = _parts(target, value)
            return None if parts is None else spans.changed(node, body=[_assigned(spans, *part) for part in parts])
        case _:
            return None


def _columns(target: cst.Tuple, pairs: cst.Name) -> list[cst.BaseSmallStatement]:
    """What each name gets of a list of tuples, of which there is one; none where a target is no variable."""
    names = [element.value.value for element in target.elements if isinstance(element.value, cst.Name)]
    if len(names) != len(target.elements) or pairs.value in names or len(set(names)) != len(names):
        return []
    first, columns = transposed(pairs.value, [f"part{place}_" for place in range(len(names))])
    targets = [cst.AssignTarget(cst.Name(name)) for name in names]
    return [first, *(cst.Assign([target], column) for target, column in zip(targets, columns, strict=True))]


def transposed(rows: str, parts: Sequence[str]) -> tuple[cst.Expr, list[cst.BaseExpression]]:
    """The columns of a list of tuples that a variable has, and before them a statement: there has to be a row."""
    item = ", ".join(parts) + "," * (len(parts) == 1)
    columns = [cst.parse_expression(f"{SPELLED['tuple']}({part} for {item} in {rows})") for part in parts]
    return cst.Expr(cst.parse_expression(f"{rows}[0]")), columns


def _gives_iterator(source: Source, value: cst.Call) -> bool:
    return isinstance(value.func, cst.Name) and value.func.value in _ITERATORS - source.own_names


def _listed(spans: Spans, value: cst.Call) -> cst.Call:
    return spans.placed_whole(cst.Call(builtin("list"), [cst.Arg(value)]), value)


def _parts(target: cst.Tuple, value: cst.Tuple) -> list[tuple[cst.Name | cst.Tuple, cst.BaseExpression]] | None:
    """Each value with its target, where one is starred, or empty: what it holds is its variable's to say.

    A starred one's are as many names as the others leave for it. None where that is not known, or where a target is
    anything but a variable that the values do not read.
    """
    starred = [index for index, element in enumerate(value.elements) if isinstance(element, cst.StarredElement)]
    plain = [element.value for element in value.elements if isinstance(element, cst.Element)]
    elements = [part for part in target.elements if isinstance(part, cst.Element)]
    names = [part.value for part in elements if isinstance(part.value, cst.Name)]
    read = mentions(value)
    if len(names) != len(target.elements) or any(read.get(name.value, 0) for name in names):
        return None
    if not starred and len(plain) == len(names) == len({name.value for name in names}) and any(map(_is_empty, plain)):
        alone = sum(not _is_simple(part) for part in plain) <= 1
        return list(zip(names, plain, strict=True)) if alone else None
    count = len(names) - len(plain)
    if len(starred) != 1 or count < 1 or not all(map(_is_simple, plain)):
        return None
    first, last = starred[0], starred[0] + count
    several = cst.Tuple([cst.Element(name) for name in names[first:last]], lpar=[], rpar=[])
    targets: list[cst.Name | cst.Tuple] = [*names[:first], several, *names[last:]]
    return list(zip(targets, (element.value for element in value.elements), strict=True))


def _is_simple(node: cst.CSTNode) -> bool:
    """Whether a value is the same before and after the others are assigned."""
    if isinstance(node, cst.Attribute):
        return _is_simple(node.value)
    return isinstance(node, cst.Name | cst.BaseNumber | cst.SimpleString) or _is_empty(node)


def _is_empty(node: cst.CSTNode) -> bool:
    """Whether an expression is an empty list or dict."""
    return isinstance(node, cst.List | cst.Dict) and not node.elements


def _assigned(spans: Spans, target: cst.Name | cst.Tuple, value: cst.BaseExpression) -> cst.Assign:
    return spans.placed_whole(cst.Assign([cst.AssignTarget(target)], value), value)
