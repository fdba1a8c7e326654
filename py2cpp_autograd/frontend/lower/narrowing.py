"""What a condition tells about names: `x is not None` makes an optional `x` a plain one where it holds.

`isinstance(m, nn.Linear)` makes a module of any class one of this class. `(n := f()) > 0` binds `n`, and behind
`a and (n := f())` it is bound where the condition holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import other_than, there
from py2cpp_autograd.frontend.walruses import bound_by
from py2cpp_autograd.ir_walk import walk
from py2cpp_autograd.types import BOOL, InstanceType, OptionalType, TupleType, Type, without_none


@dataclass(frozen=True)
class Known:
    """What holds where a condition has come out one way: the types of names, and the names that it has bound."""

    types: Mapping[str, Type] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Facts:
    """What is known when a condition is true, and when it is false."""

    when_true: Known = Known()
    when_false: Known = Known()


def facts_of(context: Context, test: cst.BaseExpression, lowered: ir.Expr) -> Facts:
    """What `test`, which is lowered, says about names being None or bound, and about the classes of modules."""
    when_true, when_false = _types(context, test, lowered)
    bound = bound_by(test)
    return Facts(Known(when_true, bound.when_true), Known(when_false, bound.when_false))


def _types(
    context: Context, test: cst.BaseExpression, lowered: ir.Expr
) -> tuple[Mapping[str, Type], Mapping[str, Type]]:
    """Names with the types that they are known to have when a condition is true, and when it is false."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=operand):
            when_true, when_false = _types(context, operand, lowered)
            return when_false, when_true
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            a, b = _types(context, left, lowered), _types(context, right, lowered)
            return ({**a[0], **b[0]}, {}) if isinstance(operator, cst.And) else ({}, {**a[1], **b[1]})
        case cst.Comparison(left=cst.Name() | cst.Attribute() as tested, comparisons=[comparison]):
            return _none_test(context, tested, comparison)
        case cst.Name() | cst.Attribute():
            return _plain(context, test), {}
        case cst.Call(func=cst.Name(value="isinstance"), args=[cst.Arg(value=cst.Name(value=name)), _]):
            tests = [part for part in _class_tests(lowered) if part.span == context.span(test)]
            asked = {part.class_ for part in tests}
            if not asked or not context.scope.owns(name):
                return {}, {}
            when_true = {name: next(iter(asked))} if len(asked) == 1 else {}
            return when_true, _others(context, name, tests[0].operand.type, asked)
        case cst.Call(
            func=cst.Name("hasattr"),
            args=[cst.Arg(cst.Name(owner)), cst.Arg(cst.SimpleString(evaluated_value=str(name)))],
        ) if owner == context.scope.instance or context.scope.owns(owner):
            return {there(f"{owner}.{name}"): BOOL}, {}
        case _:
            return {}, {}


def _others(context: Context, name: str, type_: Type, asked: Set[Type]) -> Mapping[str, Type]:
    """What an object of several classes is where it is of none that was asked for: of the one that is left."""
    if not isinstance(type_, InstanceType) or type_.kind != "family":
        return {}
    known = context.scope.narrowed.get(other_than(name))
    excluded = set(known.elements if isinstance(known, TupleType) else ()) | asked
    names = {one.order[0] for one in excluded if isinstance(one, InstanceType)}
    left = [one for one in hierarchy.members_of(context, type_) if not names & set(hierarchy.mro(context, one))]
    found: dict[str, Type] = {other_than(name): TupleType(tuple(sorted(excluded, key=str)))}
    return {**found, name: hierarchy.instance_type(context, left[0])} if len(left) == 1 else found


def _class_tests(lowered: ir.Expr) -> Iterator[ir.IsInstance]:
    return (part for part in walk(lowered) if isinstance(part, ir.IsInstance))


def _none_test(
    context: Context, tested: cst.Name | cst.Attribute, comparison: cst.ComparisonTarget
) -> tuple[Mapping[str, Type], Mapping[str, Type]]:
    if not (isinstance(comparison.comparator, cst.Name) and comparison.comparator.value == "None"):
        return {}, {}
    match comparison.operator:
        case cst.Is() | cst.Equal():
            return {}, _plain(context, tested)
        case cst.IsNot() | cst.NotEqual():
            return _plain(context, tested), {}
        case _:
            return {}, {}


def _plain(context: Context, tested: cst.Name | cst.Attribute) -> dict[str, Type]:
    scope = context.scope
    if isinstance(tested, cst.Attribute):
        return _plain_attribute(context, tested)
    name = tested.value
    if not scope.owns(name):
        return {}
    type_ = context.variable_type(name)
    return {name: without_none(type_)} if isinstance(type_, OptionalType) else {}


def _plain_attribute(context: Context, tested: cst.Attribute) -> dict[str, Type]:
    """An attribute of self, or of an object in a variable: C++ checks where its value is read."""
    scope = context.scope
    if not isinstance(tested.value, cst.Name):
        return {}
    owner = tested.value.value
    held = scope.instance_type if owner == scope.instance else None
    if held is None and scope.owns(owner):
        held = scope.narrowed.get(owner, context.variable_type(owner))
    if not isinstance(held, InstanceType):
        return {}
    type_ = context.assumptions.get(("field", held.name, tested.attr.value))
    return {f"{owner}.{tested.attr.value}": type_.inner} if isinstance(type_, OptionalType) else {}


def learn(context: Context, known: Known) -> None:
    """From here on, this is known."""
    context.scope.narrowed.update(known.types)
    context.scope.binding().bound.update(known.bound)


@contextmanager
def only_if(context: Context, known: Known = Known()) -> Iterator[None]:
    """Lower what is evaluated only where this is known: behind it, the names that it binds may have no value."""
    previous, scope = dict(context.scope.narrowed), context.scope.binding()
    bound = frozenset(scope.bound)
    learn(context, known)
    try:
        yield
    finally:
        context.scope.narrowed = previous
        scope.bound.intersection_update(bound)
