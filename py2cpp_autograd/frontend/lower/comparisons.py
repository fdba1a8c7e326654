"""Comparisons: of tensors they are rows, of Python values IR nodes; chains evaluate each operand once, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import flags, identity, keyword_dicts, rows, totals
from py2cpp_autograd.frontend.lower.answers import answer
from py2cpp_autograd.frontend.lower.certain import certain
from py2cpp_autograd.frontend.lower.classes import dict_classes, enumerations, members
from py2cpp_autograd.frontend.lower.hashes import check_element
from py2cpp_autograd.frontend.lower.narrowing import only_if
from py2cpp_autograd.frontend.lower.operators import is_object
from py2cpp_autograd.frontend.lower.values import (
    answered,
    are_numbers,
    behind,
    is_atomic,
    is_tensor_like,
    literal,
    truth_of,
)
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.convert import is_ordered
from py2cpp_autograd.types import (
    BOOL,
    NEVER,
    NONE,
    STR,
    ApiType,
    BoolType,
    Constant,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    NeverType,
    OptionalType,
    SetType,
    StrType,
    SymbolType,
    TupleType,
    Type,
    ViewType,
    without_none,
)

_COMPARE: dict[type[cst.CSTNode], tuple[str, str, str]] = {
    cst.Equal: ("==", "__eq__", "__eq__"),
    cst.NotEqual: ("!=", "__ne__", "__ne__"),
    cst.LessThan: ("<", "__lt__", "__gt__"),
    cst.LessThanEqual: ("<=", "__le__", "__ge__"),
    cst.GreaterThan: (">", "__gt__", "__lt__"),
    cst.GreaterThanEqual: (">=", "__ge__", "__le__"),
}


def lower_comparison(context: Context, node: cst.Comparison, expected: Type | None) -> ir.Expr:
    """`a < b`, and chains of comparisons, whose inner operands are evaluated once."""
    found = keyword_dicts.contains(context, node)
    if found is not None:
        return found
    before = len(context.sharing.copies)
    left = context.expression(node.left)
    made = _chain(context, node, left, list(node.comparisons))
    if isinstance(made, ir.Compare) and _only_reads(made.left) and _only_reads(made.right):
        del context.sharing.copies[before:]  # both displays are gone before anything can change
    return made


def _only_reads(value: ir.Expr) -> bool:
    """Whether a value is a display of variables and attributes, which runs no code."""
    if not isinstance(value, ir.TupleDisplay | ir.ListDisplay):
        return False
    fields = [one.instance for one in value.elements if isinstance(one, ir.Field)]
    return all(isinstance(one, ir.Name) for one in (*fields, *value.elements) if not isinstance(one, ir.Field))


def _chain(context: Context, node: cst.Comparison, left: ir.Expr, rest: list[cst.ComparisonTarget]) -> ir.Expr:
    first, *others = rest
    right = context.expression(_candidates(context, first))
    if not others:
        return _compare(context, node, left, first, right)
    span = context.span(node)
    if is_atomic(right):
        return _both(context, node, left, first, right, others)
    middle = ir.Name(context.scope.fresh_name("value"), right.type, right.span)
    if isinstance(left, ir.Literal):
        return ir.Let(middle.name, right, _both(context, node, left, first, middle, others), BOOL, span)
    begin = ir.Name(context.scope.fresh_name("first"), left.type, left.span)
    both = ir.Let(middle.name, right, _both(context, node, begin, first, middle, others), BOOL, span)
    return ir.Let(begin.name, left, both, BOOL, span)


def _candidates(context: Context, target: cst.ComparisonTarget) -> cst.BaseExpression:
    """What is compared with: of a set of constants of the API that something is looked for in, these in a row."""
    match target:
        case cst.ComparisonTarget(operator=cst.In() | cst.NotIn(), comparator=cst.Set() as written) if all(
            context.qualified(element.value) is not None or _is_member_name(context, element.value)
            for element in written.elements
        ):
            made = cst.Tuple([cst.Element(element.value) for element in written.elements])
            context.place_at(made, context.span(written))
            return made
        case _:
            return target.comparator


def _is_member_name(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an expression is `Color.RED`."""
    if not isinstance(node, cst.Attribute) or not isinstance(node.value, cst.Name):
        return False
    name = node.value.value
    return context.resolve(name).kind == "class" and hierarchy.kind_of(context, name) == "enum"


def _both(
    context: Context,
    node: cst.Comparison,
    left: ir.Expr,
    first: cst.ComparisonTarget,
    middle: ir.Expr,
    others: list[cst.ComparisonTarget],
) -> ir.Expr:
    """`left < middle and middle < ...`."""
    head = truth_of(context, _compare(context, node, left, first, middle), node)
    if isinstance(head, ir.Literal):
        return _chain(context, node, middle, others) if head.value else head
    with only_if(context):
        tail = truth_of(context, _chain(context, node, middle, others), node)
    if isinstance(tail, ir.Literal):
        return head if tail.value else behind(head, tail)
    return ir.Logical("and", (head, tail), BOOL, context.span(node))


def _compare(
    context: Context, node: cst.Comparison, left: ir.Expr, part: cst.ComparisonTarget, right: ir.Expr
) -> ir.Expr:
    span = context.span(node)
    constant = None if _are_written(node, part) else _of_constants(part.operator, left, right, span)
    if constant is not None:
        return constant
    match part.operator:
        case cst.Is() | cst.IsNot() | cst.Equal() | cst.NotEqual() if identity.are_symbols(left, right):
            same = literal((left.type == right.type) == isinstance(part.operator, cst.Is | cst.Equal), span)
            return behind(left, behind(right, same))
        case cst.Is() | cst.IsNot():
            return identity.lower(context, node, left, isinstance(part.operator, cst.IsNot), right)
        case cst.In() | cst.NotIn():
            word = "in" if isinstance(part.operator, cst.In) else "not in"
            return _in_classes(part.operator, left, right, span) or _membership(context, node, left, word, right)
    if isinstance(part.operator, cst.Equal | cst.NotEqual) and _differs_from_none(left.type, right.type):
        return behind(left, behind(right, literal(isinstance(part.operator, cst.NotEqual), span)))
    if identity.is_none_test(part.operator, left, right):
        return identity.lower(context, node, left, isinstance(part.operator, cst.NotEqual), right)
    symbol, method, reflected = _COMPARE[type(part.operator)]
    left, right = _plain_members(context, node, symbol, left, right)
    left, right = totals.compared(left, right)
    if is_object(left.type) or is_object(right.type):
        return _compare_objects(context, node, left, symbol, method, right)
    if is_tensor_like(left.type):
        return rows.apply_method(context, node, left, method, (right,))
    if is_tensor_like(right.type):
        return rows.apply_method(context, node, right, reflected, (left,), reflected=True)
    if NEVER in (left.type, right.type):
        context.pending(node)
    if symbol in {"==", "!="} and _is_member(left.type) != _is_member(right.type):
        return behind(left, answered(right, symbol == "!=", span))  # members equal themselves alone
    left, right = _views_as_sets(context, node, *_same_display(left, right))
    if symbol not in {"==", "!="} and not _comparable(symbol, left.type, right.type):
        left, right = certain(left), certain(right)
    if not _comparable(symbol, left.type, right.type):
        context.refuse("PCA303", node, f"{symbol} between {left.type} and {right.type} has no translation")
    return ir.Compare(cast("ir.CompareOperator", symbol), left, right, BOOL, span)


def _plain_members(
    context: Context, node: cst.Comparison, symbol: str, left: ir.Expr, right: ir.Expr
) -> tuple[ir.Expr, ir.Expr]:
    """Members that are numbers or texts, as these: but two of one enumeration are equal if they are the same."""
    for value in (left, right):
        held = without_none(value.type)
        if held != value.type and left.type != right.type and hierarchy.mixed_in(context, held) is not None:
            context.refuse("PCA303", node, f"{symbol} between {left.type} and {right.type} has no translation")
    if symbol in {"==", "!="} and left.type == right.type:
        return left, right
    return enumerations.plain(context, node, left), enumerations.plain(context, node, right)


def _is_member(type_: Type) -> bool:
    """Whether a value is a member of an enumeration, which is no number, nor a text."""
    plain = without_none(type_)
    return isinstance(plain, InstanceType) and plain.kind == "enum"


def _constant(node: ir.Expr) -> tuple[Constant] | None:
    """The value of a literal, in a tuple as it may be None."""
    if isinstance(node, ir.Literal) and not isinstance(node.type, SymbolType) and isinstance(node.value, Constant):
        return (node.value,)
    return None


def _constants(node: ir.Expr) -> tuple[str | list[Constant]] | None:
    """What a literal text, or a display of literals, holds; in a tuple as `_constant` gives it."""
    if isinstance(node, ir.TupleDisplay | ir.ListDisplay | ir.SetDisplay):
        found = [part for element in node.elements for part in _constant(element) or ()]
        return (found,) if len(found) == len(node.elements) else None
    return (node.value,) if isinstance(node, ir.Literal) and isinstance(node.value, str) and node.type == STR else None


def _differs_from_none(one: Type, other: Type) -> bool:
    """Whether one of two types is None's, and the other one that is compared by value: `mode == "sum"` of no mode."""
    return {NONE} < {one, other} and any(isinstance(type_, StrType | IntType | FloatType) for type_ in (one, other))


def _are_written(node: cst.Comparison, part: cst.ComparisonTarget) -> bool:
    """Whether both operands of one part of a comparison are literals in the source, as in `1 < 2`."""
    operands = [node.left, *(one.comparator for one in node.comparisons)]
    place = node.comparisons.index(part)
    return all(map(flags.is_written, operands[place : place + 2]))


def _of_constants(operator: cst.BaseCompOp, left: ir.Expr, right: ir.Expr, span: Span) -> ir.Expr | None:
    """`depth >= 44`, `v == "M"`, `v in ("M", "A")` of what is known when the program is translated."""
    a, b = _constant(left), _constants(right) if isinstance(operator, cst.In | cst.NotIn) else _constant(right)
    found = None if a is None or b is None else answer(operator, a[0], b[0])
    return None if found is None else literal(found, span)


def _in_classes(operator: cst.BaseCompOp, left: ir.Expr, right: ir.Expr, span: Span) -> ir.Expr | None:
    """`type(m) in (nn.Linear, nn.Conv2d)`."""
    elements = right.elements if isinstance(right, ir.TupleDisplay | ir.ListDisplay) else ()
    if not elements or not all(identity.are_symbols(left, element) for element in elements):
        return None
    found = any(left.type == element.type for element in elements)
    return behind(left, literal(found == isinstance(operator, cst.In), span))


def _compare_objects(
    context: Context, node: cst.Comparison, left: ir.Expr, symbol: str, method: str, right: ir.Expr
) -> ir.Expr:
    """A comparison that a class of the program defines; without `__eq__`, objects are equal to themselves alone."""
    if isinstance(left.type, InstanceType):
        called = members.call_special(context, node, left, method, (right,))
        if called is not None:
            return called
        if method == "__ne__" and hierarchy.has_method(context, left.type, "__eq__"):
            equal = members.call_special(context, node, left, "__eq__", (right,))
            assert equal is not None
            return ir.Unary("not", truth_of(context, equal, node), BOOL, context.span(node))
        if symbol in {"==", "!="} and left.type == right.type:
            return ir.Compare("==" if symbol == "==" else "!=", left, right, BOOL, context.span(node))
    context.refuse("PCA303", node, f"{symbol} between {left.type} and {right.type} has no translation")


def equal(context: Context, node: cst.CSTNode, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """`left == right` of values that a pattern names: False where the types exclude it."""
    if left.type != right.type:
        left, right = enumerations.plain(context, node, left), enumerations.plain(context, node, right)
    if not _comparable("==", left.type, right.type):
        return literal(False, context.span(node))
    return ir.Compare("==", left, right, BOOL, context.span(node))


def _views_as_sets(context: Context, node: cst.Comparison, left: ir.Expr, right: ir.Expr) -> tuple[ir.Expr, ir.Expr]:
    """The keys and items of dicts compare as sets do, without an order."""
    types = left.type, right.type
    if not any(isinstance(type_, ViewType) for type_ in types):
        return left, right
    if not all(isinstance(type_, SetType) or _is_like_a_set(type_) for type_ in types):
        message = f"a comparison of {left.type} and {right.type} has no translation"
        context.refuse("PCA303", node, message, "compare list(...) of what a dict gives")
    return _as_set(context, node, left), _as_set(context, node, right)


def _is_like_a_set(type_: Type) -> bool:
    return isinstance(type_, ViewType) and type_.part != "values"


def _as_set(context: Context, node: cst.Comparison, value: ir.Expr) -> ir.Expr:
    if not isinstance(value.type, ViewType):
        return value
    check_element(context, node, value.type.element)
    return rows.apply_function(context, node, "py2cpp.set_of", (value,))


def _same_display(left: ir.Expr, right: ir.Expr) -> tuple[ir.Expr, ir.Expr]:
    """A tuple display compared with a sequence of unknown length (a tensor's shape) is such a sequence."""
    if isinstance(right, ir.TupleDisplay) and isinstance(left.type, ListType) and left.type.fixed:
        return left, ir.ListDisplay(right.elements, left.type, right.span)
    if isinstance(left, ir.TupleDisplay) and isinstance(right.type, ListType) and right.type.fixed:
        return ir.ListDisplay(left.elements, right.type, left.span), right
    return left, right


def _comparable(symbol: str, a: Type, b: Type) -> bool:
    if are_numbers(a, b):
        return True
    if _is_member(a) and without_none(a) == without_none(b):
        return symbol in {"==", "!="}
    if symbol in {"==", "!="} and isinstance(a, OptionalType) | isinstance(b, OptionalType):
        inner = without_none(a)
        return inner == without_none(b) and isinstance(inner, StrType | IntType | FloatType | BoolType)
    if a != b:
        return False
    if isinstance(a, DictType):
        return symbol in {"==", "!="} and _plain(a.key) and _plain(a.value)
    if isinstance(a, SetType):
        return True
    if isinstance(a, TupleType | ListType) and symbol not in {"==", "!="}:
        return is_ordered(a)
    if isinstance(a, ApiType | BoolType):
        return symbol in {"==", "!="} and (isinstance(a, BoolType) or a.name in roles.COMPARED)
    return isinstance(a, StrType) or (isinstance(a, ListType | TupleType) and symbol in {"==", "!="} and _plain(a))


def _plain(type_: Type) -> bool:
    """Whether elements compare by value without tensors inside."""
    match type_:
        case ListType(element=element):
            return _plain(element)
        case TupleType(elements=elements):
            return all(map(_plain, elements))
        case _:
            is_value = isinstance(type_, StrType) or type_ == ApiType(roles.DTYPE)
            return are_numbers(type_) or is_value or _is_member(type_)


def _negated(held: ir.Expr, span: Span) -> ir.Expr:
    return literal(not held.value, span) if isinstance(held, ir.Literal) else ir.Unary("not", held, BOOL, span)


def _membership(context: Context, node: cst.Comparison, item: ir.Expr, operator: str, container: ir.Expr) -> ir.Expr:
    span = context.span(node)
    symbol = cast("ir.CompareOperator", operator)
    candidates = container.elements if isinstance(container, ir.TupleDisplay | ir.ListDisplay) else ()
    if any(one.type != item.type for one in candidates) or isinstance(container.type, StrType):
        item = enumerations.plain(context, node, item)
        if isinstance(container, ir.TupleDisplay):
            plain = tuple(enumerations.plain(context, node, one) for one in candidates)
            container = replace(container, elements=plain)
    if isinstance(container, ir.TupleDisplay) and container.elements:
        element = container.elements[0].type
        if all(other.type == element for other in container.elements):
            container = ir.ListDisplay(container.elements, ListType(element, fixed=True), container.span)
    is_key = dict_classes.contains(context, item, container)
    if is_key is not None:
        return _negated(is_key, span) if operator == "not in" else is_key
    if is_object(container.type):
        called = members.call_special(context, node, container, "__contains__", (item,))
        if called is None or not (is_atomic(item) or is_atomic(container)):
            context.refuse("PCA303", node, f"`in` of {container.type} has no translation")
        found = truth_of(context, called, node)
        return ir.Unary("not", found, BOOL, span) if operator == "not in" else found
    if context.table.attribute(container.type, "__contains__") is not None:
        held = rows.apply_method(context, node, container, "__contains__", (item,))
        return ir.Unary("not", held, BOOL, span) if operator == "not in" else held
    match container.type:
        case StrType() if isinstance(item.type, StrType):
            return ir.Compare(symbol, item, container, BOOL, span)
        case ListType(element=element) if element == item.type and _plain(element):
            return ir.Compare(symbol, item, container, BOOL, span)
        case DictType(key=key) | SetType(element=key) if key == item.type:
            return ir.Compare(symbol, item, container, BOOL, span)
        case ListType(element=NeverType()) | DictType(key=NeverType()) | SetType(element=NeverType()):
            context.unsettled.append(context.span(node))  # what it holds may be learnt behind this test
            return ir.Compare(symbol, item, container, BOOL, span)
        case _:
            context.refuse("PCA303", node, f"`in` between {item.type} and {container.type} has no translation")
