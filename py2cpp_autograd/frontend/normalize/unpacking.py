"""Values that unpack into names, written as what has a known length.

    q, k, v = map(split, parts)          ->  q, k, v = list(map(split, parts))
    q, k, v = (split(p) for p in parts)  ->  q, k, v = [split(p) for p in parts]
    b, n, _, h = *x.shape, self.heads    ->  b, n, _ = x.shape; h = self.heads
    x, found = f(y), []                  ->  x = f(y); found = []
    xs, ys = zip(*pairs)                 ->  pairs[0]; xs = tuple(x for x, y in pairs); ys = tuple(y for x, y in pairs)
    xs, ys = map(f, zip(*pairs))         ->  pairs[0]; xs = f(tuple(x for x, y in pairs)); ys = f(tuple(...))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import mentions
from py2cpp_autograd.frontend.normalize.makers import read_as
from py2cpp_autograd.frontend.normalize.spans import Spans, with_substitutions
from py2cpp_autograd.frontend.own_names import SPELLED, builtin
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import walk

#: The variable of rows that have none.
ROWS = "rows_"

#: Calls that give an iterator; an unpacking reads it once, and to its end.
_ITERATORS = frozenset({"map", "zip", "filter", "reversed"})


def spell_out_unpacking(source: Source) -> Source:
    """The source with iterators that unpack as lists, and each part of what unpacks with its own names."""
    made = with_substitutions(source, lambda spans, node: _unpacking(source, spans, node))
    return replace(made, hidden=made.hidden | {ROWS}) if "zip(*" in source.text else made


def _unpacking(source: Source, spans: Spans, node: cst.CSTNode) -> cst.CSTNode | None:
    match node:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple() as target)], value=value) as assigned]
        ) if (rows := _rows(source, value)) is not None:
            columns = _columns(target, rows, lambda column: _of_column(spans, value, column), ROWS in source.text)
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


def _rows(source: Source, value: cst.BaseExpression) -> cst.BaseExpression | None:
    """The rows of `zip(*rows)`, or of a function of each of their columns; None of anything else."""
    match value:
        case cst.Call(func=cst.Name("zip"), args=[cst.Arg(star="*", value=rows)]):
            return None if "zip" in source.own_names else rows
        case cst.Call(func=cst.Name("list" | "tuple" as name), args=[cst.Arg(value=cst.Call() as inner, star="")]):
            return None if name in source.own_names else _rows(source, inner)
        case cst.Call(
            func=cst.Name("map"), args=[cst.Arg(value=function, star=""), cst.Arg(value=cst.Call() as inner, star="")]
        ):
            plain = "map" not in source.own_names and _is_function(function)
            return _rows(source, inner) if plain and _is_zip(inner) else None
        case cst.ListComp(elt=element, for_in=clause) | cst.GeneratorExp(elt=element, for_in=clause):
            return _rows(source, clause.iter) if _is_zip(clause.iter) and _takes_once(element, clause) else None
        case _:
            return None


def _is_zip(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "zip"


def _is_function(node: cst.BaseExpression) -> bool:
    """Whether an expression names a function: it is the same however often it is evaluated."""
    return isinstance(node, cst.Name) or (isinstance(node, cst.Attribute) and _is_function(node.value))


def _takes_once(element: cst.BaseExpression, clause: cst.CompFor) -> bool:
    """Whether an expression, which binds nothing itself, reads the variable of its clause once."""
    target = clause.target.value if isinstance(clause.target, cst.Name) else ""
    binds = any(isinstance(part, cst.Lambda | cst.BaseComp | cst.NamedExpr) for part in walk(element))
    return not clause.ifs and clause.inner_for_in is None and not binds and mentions(element).get(target, 0) == 1


def _of_column(spans: Spans, value: cst.BaseExpression, column: cst.BaseExpression) -> cst.BaseExpression:
    """What a value that unpacks makes of a column."""
    match value:
        case cst.Call(func=cst.Name("list" | "tuple"), args=[cst.Arg(value=inner)]):
            return _of_column(spans, inner, column)
        case cst.Call(func=cst.Name("map"), args=[cst.Arg(value=function), _]):
            return cst.Call(function.deep_clone(), [cst.Arg(column)])
        case cst.ListComp(elt=element, for_in=clause) | cst.GeneratorExp(elt=element, for_in=clause):
            name = clause.target.value if isinstance(clause.target, cst.Name) else ""
            copy = element.deep_clone()
            made = spans.substituted(copy, read_as(copy, {name: column}).get)
            assert isinstance(made, cst.BaseExpression)
            return made
        case _:
            return column


def _columns(
    target: cst.Tuple,
    rows: cst.BaseExpression,
    made: Callable[[cst.BaseExpression], cst.BaseExpression],
    is_taken: bool,
) -> list[cst.BaseSmallStatement]:
    """What each name gets of a list of tuples, of which there is one; none where a target is no variable."""
    names = [element.value.value for element in target.elements if isinstance(element.value, cst.Name)]
    if len(names) != len(target.elements) or len(set(names)) != len(names):
        return []
    is_kept = isinstance(rows, cst.Name) and rows.value not in names
    if is_taken and not is_kept:
        return []
    before = [] if is_kept else [cst.Assign([cst.AssignTarget(cst.Name(ROWS))], rows)]
    text = rows.value if is_kept and isinstance(rows, cst.Name) else ROWS
    first, columns = transposed(text, [f"part{place}_" for place in range(len(names))])
    targets = [cst.AssignTarget(cst.Name(name)) for name in names]
    values = zip(targets, map(made, columns), strict=True)
    return [*before, first, *(cst.Assign([target], value) for target, value in values)]


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
