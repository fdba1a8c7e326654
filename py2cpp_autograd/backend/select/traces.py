"""Recorder lines in functions: what a first difference between two runs is looked for with, in the traced text only.

Behind each simple statement stand its line and the variables that it names; `verify/python_steps.py` has the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.select import expressions, probes
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.ir_walk import statement_expressions, target_names, target_parts, walk
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import ApiType, DictType, InstanceType, ListType, OptionalType, TupleType, Type

#: A variable, or an attribute of the object whose method it is: its name in Python, its type, and itself.
_Named = tuple[str, Type, ir.Expr]


def behind(selection: Selection, node: ir.Stmt) -> list[cpp.Stmt]:
    """The line behind a statement of a function."""
    if not isinstance(node, ir.Assign | ir.AugmentedAssign | ir.ExprStmt | ir.Print):
        return []
    targets = [node.target] if isinstance(node, ir.Assign | ir.AugmentedAssign) else []
    return _line(selection, node.span, [*_assigned(targets, node.span), *_read(node)])


def first(selection: Selection, node: ir.For) -> list[cpp.Stmt]:
    """The first line in the body of a loop."""
    return _line(selection, node.span, list(_assigned([node.target], node.span)))


def entered(selection: Selection, function: ir.Function, read: set[str]) -> list[cpp.Stmt]:
    """The first line of a function: its arguments, those that it uses."""
    found: list[_Named] = [
        (one.name, one.type, ir.Name(one.name, one.type, function.span))
        for one in function.parameters
        if one.name in read
    ]
    return _line(selection, function.span, found, "entered")


def returning(selection: Selection, node: ir.Return, returns: str) -> list[cpp.Stmt]:
    """The line before a `return`, which then says what it gives: a "list" is that of a custom Function."""
    line = node.span.start.line
    if not selection.traced or node.value is None or not selection.layout.is_own(line):
        return []
    name = f"py2cpp::probe::returning{'_list' * (returns == 'list')}"
    return [cpp.Probe(cpp.Do(cpp.Call(cpp.Name(name), (cpp.Int(line),))))]


def _line(selection: Selection, span: Span, found: Sequence[_Named], call: str = "inner") -> list[cpp.Stmt]:
    line = span.start.line
    if not selection.traced or not selection.layout.is_own(line):
        return []
    arguments: dict[str, cpp.Expr] = {}
    for name, type_, value in found:
        if _is_small(selection, type_) and not _is_late(selection, name):
            arguments[name] = _shown(selection, value)
    pairs = (part for name, value in arguments.items() for part in (cpp.String(name), value))
    return [cpp.Probe(cpp.Do(cpp.Call(cpp.Name(f"py2cpp::probe::{call}"), (cpp.Int(line), *pairs))))]


def _shown(selection: Selection, value: ir.Expr) -> cpp.Expr:
    """What is written down: an attribute that has no value yet, as it is."""
    if isinstance(value, ir.Field) and selection.is_late(value.instance.type, value.name):
        return expressions.place(selection, value.instance, value.name, value.type)
    return selection.expression(value)


def _assigned(targets: Sequence[ir.Target], span: Span) -> Iterator[_Named]:
    for target in targets:
        for name in target_names(target):
            yield name.name, name.type, ir.Name(name.name, name.type, span)
        for part in target_parts(target):
            if isinstance(part, ir.FieldTarget):
                yield from _attribute(ir.Field(part.instance, part.name, part.type, span))


def _read(node: ir.Stmt) -> Iterator[_Named]:
    """What the expressions of a statement name, but for what they bind themselves."""
    for expression in statement_expressions(node):
        bound = {name for part in walk(expression) for name in _bound(part)}
        for part in walk(expression):
            if isinstance(part, ir.Name) and part.name not in bound:
                yield part.name, part.type, part
            elif isinstance(part, ir.Field):
                yield from _attribute(part)


def _bound(node: ir.Expr) -> Iterator[str]:
    match node:
        case ir.Lambda(parameters=parameters):
            yield from (one.name for one in parameters)
        case ir.Comprehension(clauses=clauses):
            yield from (name.name for clause in clauses for name in target_names(clause.target))
        case ir.Let(name=str(name)):
            yield name


def _attribute(node: ir.Field) -> Iterator[_Named]:
    if isinstance(node.instance, ir.Name):
        yield f"{node.instance.name}.{node.name}", node.type, node


def _is_small(selection: Selection, type_: Type) -> bool:
    """Whether a variable of the type is written down: not what holds a whole model."""
    match type_:
        case InstanceType():
            return False
        case OptionalType(inner=inner) | ListType(element=inner) | DictType(value=inner):
            return _is_small(selection, inner)
        case TupleType(elements=elements):
            return all(_is_small(selection, one) for one in elements)
        case ApiType(name=name) if roles.is_a(selection.table, name, roles.OPTIMIZER):
            return False
        case _:
            return probes.is_recorded(selection, type_) and not selection.is_module(type_)


def _is_late(selection: Selection, name: str) -> bool:
    """Whether some variable or attribute of the name depends on the clock."""
    return any(place[1] == name.rpartition(".")[2] for place in selection.clock.places)
