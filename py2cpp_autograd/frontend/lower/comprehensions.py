"""Comprehensions of all kinds, and what a builtin consumes: a generator expression, or anything a loop runs over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import Bindings, target_names
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import columns, live_loops, rows
from py2cpp_autograd.frontend.lower.aliases import holds_containers, note_held
from py2cpp_autograd.frontend.lower.hashes import check_element, check_hashable
from py2cpp_autograd.frontend.lower.iteration import loop_source, lower_iterable, lower_target
from py2cpp_autograd.frontend.lower.narrowing import facts_of, learn, only_if
from py2cpp_autograd.frontend.lower.part_names import note_named
from py2cpp_autograd.frontend.lower.values import literal, truth, truth_of
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.frontend.sharing import made_at
from py2cpp_autograd.ir_walk import iterable_children
from py2cpp_autograd.types import NONE, DictType, ListType, SetType, Type, is_vector


@dataclass(frozen=True)
class Elements:
    """What a builtin consumes, inside the loops that make it: the syntax of an element, or the item of a loop."""

    clauses: tuple[ir.Clause, ...]
    written: cst.BaseExpression | None
    item: ir.Expr | None

    def value(self, context: Context, expected: Type | None = None) -> ir.Expr:
        """An element."""
        if self.item is not None:
            return self.item
        assert self.written is not None
        return context.expression(self.written, expected)

    def truth(self, context: Context, node: cst.CSTNode) -> ir.Expr:
        """The truth of an element."""
        if self.item is not None:
            return truth_of(context, self.item, node)
        assert self.written is not None
        return truth(context, self.written)


@contextmanager
def elements(context: Context, node: cst.BaseExpression) -> Iterator[Elements]:
    """The elements of a generator expression, list comprehension or iterable, lowered in a scope of their own."""
    if isinstance(node, cst.GeneratorExp | cst.ListComp):
        with clauses(context, node.for_in) as made:
            yield Elements(made, node.elt, None)
        return
    iterable, item = lower_iterable(context, node)
    note_items(context, node, iterable, item)
    span = context.span(node)
    name = context.scope.fresh_name("item")
    clause = ir.Clause(ir.NameTarget(name, item, span), iterable, None)
    yield Elements((clause,), None, ir.Name(name, item, span))


def note_items(context: Context, node: cst.CSTNode, iterable: ir.Iterable, item: Type) -> None:
    """Remember that the lists and dicts that an iterable gives are in two places from here on."""
    if holds_containers(item):
        for value in iterable_children(iterable):
            part = ir.Subscript(value, literal(0, value.span), item, value.span)
            note_held(context, made_at(context.span(node)), part)


@contextmanager
def clauses(context: Context, node: cst.CompFor) -> Iterator[tuple[ir.Clause, ...]]:
    """The clauses of a comprehension; inside, its variables are bound."""
    columns.check_loop(context, node)
    iterable, item = loop_source(context, node.iter, node.target)
    iterable = live_loops.followed(context, node, iterable)
    with only_if(context), context.within(_clause_scope(context, node)):
        target = lower_target(context, node.target, item, iterable)
        condition = _condition(context, node)
        clause = ir.Clause(target, iterable, condition)
        if node.inner_for_in is None:
            yield (clause,)
            return
        with clauses(context, node.inner_for_in) as others:
            yield (clause, *others)


def _condition(context: Context, node: cst.CompFor) -> ir.Expr | None:
    """The conditions of a clause as one; what they say about names holds in what follows."""
    condition: ir.Expr | None = None
    for test in node.ifs:
        part = truth(context, test.test)
        learn(context, facts_of(context, test.test, part).when_true)
        condition = part if condition is None else ir.Logical("and", (condition, part), part.type, part.span)
    return condition


def _clause_scope(context: Context, clause: cst.CompFor) -> Scope:
    bindings = Bindings()
    for name in target_names(clause.target):
        bindings.counts[name] += 1
    position = context.span(clause).start
    identity = f"{context.scope.identity}@{position.line}:{position.column}"
    outer = context.scope
    scope = Scope(identity, "lambda", outer, bindings, narrowed=dict(outer.narrowed))
    scope.inherit(outer)
    return scope


def lower_comprehension(context: Context, node: cst.ListComp | cst.GeneratorExp, expected: Type | None) -> ir.Expr:
    """`[element for target in iterable if condition]`."""
    return collected(context, node, node)


def for_effect(context: Context, node: cst.ListComp) -> ir.Expr:
    """A list comprehension whose list nobody takes: it is there for what its element does."""
    with clauses(context, node.for_in) as made:
        element = context.expression(node.elt)
    return ir.Comprehension("nothing", None, element, made, None, NONE, context.span(node))


def collected(context: Context, node: cst.BaseExpression, consumed: cst.BaseExpression, fixed: bool = False) -> ir.Expr:
    """A list of what `consumed` gives."""
    with elements(context, consumed) as found:
        element = found.value(context)
        if found.item is None:
            note_held(context, made_at(context.span(node)), element)
    type_ = ListType(element.type, fixed)
    return ir.Comprehension("list", None, element, found.clauses, None, type_, context.span(node))


def lower_set_comprehension(context: Context, node: cst.SetComp, expected: Type | None) -> ir.Expr:
    """`{element for ...}`."""
    with clauses(context, node.for_in) as made:
        element = context.expression(node.elt)
    check_element(context, node, element.type)
    return ir.Comprehension("set", None, element, made, None, SetType(element.type), context.span(node))


def collected_set(context: Context, node: cst.CSTNode, consumed: cst.BaseExpression) -> ir.Expr:
    """The set of what `consumed` gives."""
    with elements(context, consumed) as found:
        element = found.value(context)
    check_element(context, node, element.type)
    match found.clauses:
        case (ir.Clause(iterable=ir.Items(value=value)),) if found.item is not None and is_vector(value.type):
            return rows.apply_function(context, node, "py2cpp.set_of", (value,))
    return ir.Comprehension("set", None, element, found.clauses, None, SetType(element.type), context.span(node))


def lower_dict_comprehension(context: Context, node: cst.DictComp, expected: Type | None) -> ir.Expr:
    """`{key: value for ...}`."""
    with clauses(context, node.for_in) as made:
        key, value = context.expression(node.key), context.expression(node.value)
        note_held(context, made_at(context.span(node)), value)
    note_named(context, node.key, key.type, value)
    check_hashable(context, node, key.type)
    return ir.Comprehension("dict", key, value, made, None, DictType(key.type, value.type), context.span(node))
