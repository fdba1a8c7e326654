"""Comprehensions: loops that fill a container, or that `any`, `all`, `sum` and `next` run over a generator."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.select import iteration
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.ir_walk import target_names


def lower(selection: Selection, node: ir.Comprehension) -> cpp.Expr:
    """The C++ lambda, called at once, that runs the loops."""
    with selection.hiding(name.name for clause in node.clauses for name in target_names(clause.target)):
        return _loops(selection, node)


def _loops(selection: Selection, node: ir.Comprehension) -> cpp.Expr:
    for clause in node.clauses:
        iteration.note_bounded(selection, clause.target, clause.iterable)
    before, innermost, after = _parts(selection, node)
    body = innermost
    for clause in reversed(node.clauses):
        if clause.condition is not None:
            body = (cpp.If(selection.expression(clause.condition), body),)
        body = iteration.loop(selection, clause.target, clause.iterable, body, None)
    result = selection.type(node.type) if node.into == "first" else None
    return cpp.Call(cpp.Lambda("&", (), result, (*before, *body, *after)), ())


def _parts(
    selection: Selection, node: ir.Comprehension
) -> tuple[tuple[cpp.Stmt, ...], tuple[cpp.Stmt, ...], tuple[cpp.Stmt, ...]]:
    """What stands before the loops, inside the innermost one, and behind them."""
    if node.into == "nothing":
        return (), (cpp.Do(selection.expression(node.element)),), ()
    element = selection.expression(node.element)
    match node.into:
        case "any":
            return (), (cpp.If(element, (cpp.Return(cpp.Bool(True)),)),), (cpp.Return(cpp.Bool(False)),)
        case "all":
            missed = cpp.Unary("!", element)
            return (), (cpp.If(missed, (cpp.Return(cpp.Bool(False)),)),), (cpp.Return(cpp.Bool(True)),)
        case "first":
            return (), (cpp.Return(element),), _no_first(selection, node)
        case "sum":
            return _sum(selection, node, element)
        case _:
            return _container(selection, node, element)


def _no_first(selection: Selection, node: ir.Comprehension) -> tuple[cpp.Stmt, ...]:
    if node.start is None:
        return (cpp.Do(selection.shim("exceptions", "raise<py2cpp::StopIteration>", cpp.String(""))),)
    return (cpp.Return(selection.expression(node.start)),)


def _sum(
    selection: Selection, node: ir.Comprehension, element: cpp.Expr
) -> tuple[tuple[cpp.Stmt, ...], tuple[cpp.Stmt, ...], tuple[cpp.Stmt, ...]]:
    """Sums count what Python counts: from the int 0, with overflow checked."""
    total = cpp.Name(selection.temporary("total"))
    selection.headers.add('"py2cpp/sum.h"')
    start = None if node.start is None else (selection.expression(node.start),)
    declared = cpp.Declare(f"py2cpp::Sum<{selection.type(node.type)}>", total.text, None, start)
    added = cpp.Do(cpp.Call(cpp.Member(total, "add"), (element,)))
    return (declared,), (added,), (cpp.Return(cpp.Call(cpp.Member(total, "value"), ())),)


def _container(
    selection: Selection, node: ir.Comprehension, element: cpp.Expr
) -> tuple[tuple[cpp.Stmt, ...], tuple[cpp.Stmt, ...], tuple[cpp.Stmt, ...]]:
    items = cpp.Name(selection.temporary("items"))
    put: tuple[cpp.Stmt, ...]
    if node.key is not None:
        put = _put(selection, items, node.key, element)
    elif node.into == "set":
        put = (cpp.Do(cpp.Call(cpp.Member(items, "insert"), (element,))),)
    else:
        put = (cpp.Do(cpp.Call(cpp.Member(items, "push_back"), (element,))),)
    return (cpp.Declare(selection.type(node.type), items.text),), put, (cpp.Return(items),)


def _put(selection: Selection, items: cpp.Name, key: ir.Expr, element: cpp.Expr) -> tuple[cpp.Stmt, ...]:
    """The key is computed before the value."""
    made = selection.expression(key)
    if isinstance(key, ir.Name | ir.Literal):
        return (cpp.Do(selection.shim("dict", "set", items, made, element)),)
    name = selection.temporary("key")
    return cpp.Declare("auto", name, made), cpp.Do(selection.shim("dict", "set", items, cpp.Name(name), element))
