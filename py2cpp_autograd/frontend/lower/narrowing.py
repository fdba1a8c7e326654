"""What a condition tells about names: `x is not None` makes an optional `x` a plain one where it holds.

`isinstance(m, nn.Linear)` makes a module of any class one of this class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.ir_walk import walk
from py2cpp_autograd.types import InstanceType, OptionalType, Type, without_none


@dataclass(frozen=True)
class Facts:
    """Names with the type that they are known to have when a condition is true, and when it is false."""

    when_true: Mapping[str, Type] = field(default_factory=dict)
    when_false: Mapping[str, Type] = field(default_factory=dict)


def facts_of(context: Context, test: cst.BaseExpression, lowered: ir.Expr) -> Facts:
    """What `test`, which is lowered, says about names being None, and about the classes of modules."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=operand):
            inner = facts_of(context, operand, lowered)
            return Facts(inner.when_false, inner.when_true)
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            a, b = facts_of(context, left, lowered), facts_of(context, right, lowered)
            if isinstance(operator, cst.And):
                return Facts({**a.when_true, **b.when_true}, {})
            return Facts({}, {**a.when_false, **b.when_false})
        case cst.Comparison(left=cst.Name() | cst.Attribute() as tested, comparisons=[comparison]):
            return _none_test(context, tested, comparison)
        case cst.Name() | cst.Attribute():
            return Facts(_plain(context, test), {})
        case cst.Call(func=cst.Name(value="isinstance"), args=[cst.Arg(value=cst.Name(value=name)), _]):
            asked = {part.class_ for part in _class_tests(lowered) if part.span == context.span(test)}
            return Facts({name: asked.pop()} if len(asked) == 1 and context.scope.owns(name) else {}, {})
        case _:
            return Facts()


def _class_tests(lowered: ir.Expr) -> Iterator[ir.IsInstance]:
    return (part for part in walk(lowered) if isinstance(part, ir.IsInstance))


def _none_test(context: Context, tested: cst.Name | cst.Attribute, comparison: cst.ComparisonTarget) -> Facts:
    if not (isinstance(comparison.comparator, cst.Name) and comparison.comparator.value == "None"):
        return Facts()
    match comparison.operator:
        case cst.Is() | cst.Equal():
            return Facts({}, _plain(context, tested))
        case cst.IsNot() | cst.NotEqual():
            return Facts(_plain(context, tested), {})
        case _:
            return Facts()


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


@contextmanager
def narrowed(context: Context, facts: Mapping[str, Type]) -> Iterator[None]:
    """Lower with these names known not to be None."""
    previous = dict(context.scope.narrowed)
    context.scope.narrowed.update(facts)
    try:
        yield
    finally:
        context.scope.narrowed = previous
