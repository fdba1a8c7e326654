"""Patterns of `match`: whether a value matches, and the names of its parts.

    case Circle(r=0.0):          ->  isinstance(shape, Circle) and shape.r == 0.0
    case ["set", name]:          ->  len(words) == 2 and words[0] == "set", with name = words[1]
    case {"kind": "sgd"}:        ->  "kind" in config and config["kind"] == "sgd"

What a pattern reads of its subject is written as Python, and lowered like the program's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.calls import class_named
from py2cpp_autograd.frontend.lower.classes import dict_classes
from py2cpp_autograd.frontend.lower.comparisons import equal
from py2cpp_autograd.frontend.lower.values import is_atomic, literal
from py2cpp_autograd.types import (
    BOOL,
    DequeType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    NeverType,
    NoneType,
    OptionalType,
    StrType,
    TupleType,
    Type,
)

#: What the subject is called in what a pattern reads of it.
_SUBJECT = "subject_of_match__"
#: The classes whose pattern takes the value itself: `int(n)`.
_PLAIN = frozenset({"bool", "dict", "float", "int", "list", "str", "tuple"})


@dataclass(frozen=True)
class Matched:
    """Whether a value matches, and the names that the pattern gives to its parts."""

    test: ir.Expr
    captures: tuple[tuple[cst.Name, ir.Expr], ...] = ()

    def then(self, other: Matched) -> Matched:
        """This, and another one that is asked only if this matches."""
        return Matched(both(self.test, other.test), (*self.captures, *other.captures))


def both(a: ir.Expr, b: ir.Expr) -> ir.Expr:
    """Whether two tests hold, the second of which is made only if the first does."""
    if isinstance(a, ir.Literal):
        return b if a.value else a
    if isinstance(b, ir.Literal):
        return a if b.value else b
    parts = (part for one in (a, b) for part in _parts(one))
    return ir.Logical("and", tuple(parts), BOOL, a.span)


def _parts(test: ir.Expr) -> tuple[ir.Expr, ...]:
    return test.operands if isinstance(test, ir.Logical) and test.operator == "and" else (test,)


def match(context: Context, node: cst.MatchPattern, subject: ir.Expr) -> Matched:
    """What a pattern asks of a value, which is free to be read more than once."""
    span = context.span(node)
    match node:
        case cst.MatchAs(pattern=inner, name=name):
            found = Matched(literal(True, span)) if inner is None else match(context, inner, subject)
            if name is None:
                return found
            whole = _known(subject, found.test)
            return Matched(found.test, (*found.captures, (name, whole)))
        case cst.MatchValue(value=value):
            return Matched(equal(context, node, subject, context.expression(value)))
        case cst.MatchSingleton(value=value):
            return Matched(_singleton(context, node, subject, value.value))
        case cst.MatchOr(patterns=patterns):
            return _alternatives(context, node, [part.pattern for part in patterns], subject)
        case cst.MatchTuple(patterns=patterns) | cst.MatchList(patterns=patterns):
            return _sequence(context, node, list(patterns), subject)
        case cst.MatchMapping():
            return _mapping(context, node, subject)
        case cst.MatchClass():
            return _class(context, node, subject)
        case _:
            context.refuse("PCA102", node, "this pattern has no translation", "write an if")


def _known(subject: ir.Expr, test: ir.Expr) -> ir.Expr:
    """The subject as an object of the class that a test asks for."""
    asked = asked_of(test, subject)
    return subject if asked is None else ir.Convert(subject, asked, subject.span)


def asked_of(test: ir.Expr, subject: ir.Expr) -> Type | None:
    """The class that a value is of where a test holds; None where it does not ask for one."""
    found = {
        part.class_
        for part in _parts(test)
        if isinstance(part, ir.IsInstance) and replace(part.operand, span=subject.span) == subject
    }
    return found.pop() if len(found) == 1 else None


def _read(context: Context, node: cst.CSTNode, subject: ir.Expr, made: cst.BaseExpression) -> ir.Expr:
    """What is written about the subject."""
    context.place_at(made, context.span(node))
    with context.scope.standing_for(_SUBJECT, subject):
        return context.expression(made)


def _singleton(context: Context, node: cst.MatchSingleton, subject: ir.Expr, name: str) -> ir.Expr:
    span = context.span(node)
    if name == "None":
        if isinstance(subject.type, OptionalType):
            return ir.IsNone(subject, False, BOOL, span)
        return literal(isinstance(subject.type, NoneType), span)
    if subject.type != BOOL:
        return literal(False, span)
    return subject if name == "True" else ir.Unary("not", subject, BOOL, span)


def _alternatives(
    context: Context, node: cst.MatchOr, patterns: Sequence[cst.MatchPattern], subject: ir.Expr
) -> Matched:
    """The first of several patterns that matches; it says what their names stand for."""
    found = [match(context, pattern, subject) for pattern in patterns]
    first = next((i for i, one in enumerate(found) if isinstance(one.test, ir.Literal) and one.test.value), None)
    found = [one for one in found[: None if first is None else first + 1] if not _never(one.test)]
    if not found:
        return Matched(literal(False, subject.span))
    captures = []
    for name, chosen in found[-1].captures:
        for one in reversed(found[:-1]):
            value = next((value for other, value in one.captures if other.value == name.value), None)
            if value is None or value.type != chosen.type:
                advice = "write two cases"
                context.refuse("PCA102", node, f"'{name.value}' has another type in each alternative", advice)
            chosen = ir.Conditional(one.test, value, chosen, chosen.type, subject.span)
        captures.append((name, chosen))
    if first is not None:
        return Matched(literal(True, subject.span), tuple(captures))
    tests = tuple(one.test for one in found)
    test = tests[0] if len(tests) == 1 else ir.Logical("or", tests, BOOL, subject.span)
    return Matched(test, tuple(captures))


def _never(test: ir.Expr) -> bool:
    return isinstance(test, ir.Literal) and not test.value


# ------------------------------------------------------------------------------------------ containers


def _sequence(
    context: Context,
    node: cst.MatchTuple | cst.MatchList,
    patterns: Sequence[cst.MatchSequenceElement | cst.MatchStar],
    subject: ir.Expr,
) -> Matched:
    """A pattern for a tuple or list."""
    if isinstance(subject.type, NeverType):
        context.pending(node)
    if isinstance(subject.type, TupleType):
        return _of_tuple(context, node, patterns, subject, subject.type)
    if isinstance(subject.type, ListType) and not isinstance(subject.type, DequeType):
        return _of_list(context, node, patterns, subject)
    if isinstance(subject.type, StrType | IntType | FloatType | DictType | NoneType) or subject.type == BOOL:
        return Matched(literal(False, context.span(node)))
    context.refuse("PCA102", node, f"a pattern for a {subject.type} has no translation", "write an if")


def _of_tuple(
    context: Context,
    node: cst.MatchTuple | cst.MatchList,
    patterns: Sequence[cst.MatchSequenceElement | cst.MatchStar],
    subject: ir.Expr,
    type_: TupleType,
) -> Matched:
    if any(isinstance(part, cst.MatchStar) for part in patterns):
        context.refuse("PCA102", node, "a starred pattern for a tuple has no translation", "write an if")
    span = context.span(node)
    found = Matched(literal(len(type_.elements) == len(patterns), span))
    if _never(found.test):
        return found
    for place, (part, held) in enumerate(zip(patterns, type_.elements, strict=True)):
        assert isinstance(part, cst.MatchSequenceElement)
        value: ir.Expr = ir.Subscript(subject, literal(place, span), held, span)
        if isinstance(subject, ir.TupleDisplay):
            value = subject.elements[place]
            if not is_atomic(value):
                advice = "put it into a variable first"
                context.refuse("PCA102", node, "the parts of this tuple are computed", advice)
        found = found.then(match(context, part.value, value))
    return found


def _of_list(
    context: Context,
    node: cst.MatchTuple | cst.MatchList,
    patterns: Sequence[cst.MatchSequenceElement | cst.MatchStar],
    subject: ir.Expr,
) -> Matched:
    starred = next((i for i, part in enumerate(patterns) if isinstance(part, cst.MatchStar)), None)
    count = len(patterns) - (starred is not None)
    symbol = "==" if starred is None else ">="
    length = cst.parse_expression(f"builtins__.len({_SUBJECT}) {symbol} {count}")
    found = Matched(_read(context, node, subject, length))
    for place, part in enumerate(patterns):
        behind = starred is not None and place > starred
        where = str(place - len(patterns) if behind else place)
        if isinstance(part, cst.MatchStar):
            if part.name is not None:
                after = len(patterns) - place - 1
                rest = cst.parse_expression(f"{_SUBJECT}[{place}:{f'-{after}' if after else ''}]")
                found = Matched(found.test, (*found.captures, (part.name, _read(context, part, subject, rest))))
            continue
        value = _read(context, part, subject, cst.parse_expression(f"{_SUBJECT}[{where}]"))
        found = found.then(match(context, part.value, value))
    return found


def _mapping(context: Context, node: cst.MatchMapping, subject: ir.Expr) -> Matched:
    """`{"kind": "sgd", "lr": lr}`: a dict that has the keys, and perhaps others."""
    if node.rest is not None:
        context.refuse("PCA102", node.rest, "the rest of a dict has no translation", "take the keys out of a copy")
    is_dict = isinstance(subject.type, DictType) or dict_classes.keys_of(context, subject.type) is not None
    found = Matched(literal(is_dict, context.span(node)))
    for element in node.elements if is_dict else ():
        key = element.key
        if not isinstance(key, cst.SimpleString | cst.Integer):
            context.refuse("PCA102", element, "a key of a pattern must be a literal", "write an if")
        held = cst.Comparison(key, [cst.ComparisonTarget(cst.In(), cst.Name(_SUBJECT))])
        found = Matched(both(found.test, _read(context, element, subject, held)), found.captures)
        if _never(found.test):
            return found
        index = cst.SubscriptElement(cst.Index(key))
        value = _read(context, element, subject, cst.Subscript(cst.Name(_SUBJECT), [index]))
        found = found.then(match(context, element.pattern, value))
    return found


# --------------------------------------------------------------------------------------------- classes


def _class(context: Context, node: cst.MatchClass, subject: ir.Expr) -> Matched:
    """`Point(x=0.0, y=y)`, `Point(0.0, y)`, `int()`."""
    if isinstance(subject.type, NeverType):
        context.pending(node)
    present: ir.Expr = literal(True, context.span(node))
    if isinstance(subject.type, OptionalType):
        present = ir.IsNone(subject, True, BOOL, context.span(node))
        subject = ir.Convert(subject, subject.type.inner, subject.span)
    asked = cst.parse_expression(f"builtins__.isinstance({_SUBJECT}, C)")
    assert isinstance(asked, cst.Call)
    asked = asked.with_changes(args=[asked.args[0], cst.Arg(node.cls)])
    found = Matched(both(present, _read(context, node, subject, asked)))
    if _never(found.test):
        return found
    subject = _known(subject, found.test)
    names = _positional(context, node, subject) if node.patterns else ()
    for name, part in zip(names, node.patterns, strict=True):
        value = subject if name is None else _attribute(context, part, subject, name)
        found = found.then(match(context, part.value, value))
    for element in node.kwds:
        value = _attribute(context, element, subject, element.key.value)
        found = found.then(match(context, element.pattern, value))
    return found


def _attribute(context: Context, node: cst.CSTNode, subject: ir.Expr, name: str) -> ir.Expr:
    return _read(context, node, subject, cst.Attribute(cst.Name(_SUBJECT), cst.Name(name)))


def _positional(context: Context, node: cst.MatchClass, subject: ir.Expr) -> tuple[str | None, ...]:
    """The attributes that patterns without a keyword are for; None for the value itself."""
    count = len(node.patterns)
    if context.qualified(node.cls) in {f"builtins.{name}" for name in _PLAIN} and count == 1:
        return (None,)
    named = class_named(context, node.cls)
    names = () if named is None else _match_args(context, named)
    if not isinstance(subject.type, InstanceType) or len(names) < count:
        advice = "name the attributes: Point(x=0.0)"
        context.refuse("PCA102", node, f"this class takes {len(names)} patterns without a keyword", advice)
    return names[:count]


def _match_args(context: Context, name: str) -> tuple[str, ...]:
    """`__match_args__`: what the class says, or the fields that a dataclass is made with."""
    written = hierarchy.attribute(context, name, "__match_args__")
    if written is not None and isinstance(written.value, cst.Tuple):
        texts = [element.value for element in written.value.elements]
        return tuple(str(text.evaluated_value) for text in texts if isinstance(text, cst.SimpleString))
    fields = hierarchy.dataclass_fields(context, name)
    return tuple(field.name for field in fields if field.in_init and not field.keyword_only)
