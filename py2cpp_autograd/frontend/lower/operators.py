"""Operators: on tensors they are rows (`__add__`, ...), on Python values IR nodes with Python's meaning."""

from __future__ import annotations

from typing import cast

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import join
from py2cpp_autograd.frontend.lower import class_names, identity, rows, totals
from py2cpp_autograd.frontend.lower.classes import members
from py2cpp_autograd.frontend.lower.formats import lower_percent
from py2cpp_autograd.frontend.lower.shared_state import note_repeated
from py2cpp_autograd.frontend.lower.values import (
    INT64_MAX,
    are_numbers,
    is_atomic,
    is_tensor_like,
    literal,
    numeric_result,
    truth,
    truth_of,
)
from py2cpp_autograd.types import (
    BOOL,
    FLOAT,
    INT,
    NEVER,
    STR,
    ApiType,
    BoolType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    NeverType,
    SetType,
    StrType,
    TupleType,
    Type,
)

#: Python's spelling and the special methods of each binary operator: plain, reflected, in place.
BINARY: dict[type[cst.CSTNode], tuple[ir.BinaryOperator | str, str]] = {
    cst.Add: ("+", "add"),
    cst.Subtract: ("-", "sub"),
    cst.Multiply: ("*", "mul"),
    cst.Divide: ("/", "truediv"),
    cst.FloorDivide: ("//", "floordiv"),
    cst.Modulo: ("%", "mod"),
    cst.Power: ("**", "pow"),
    cst.MatrixMultiply: ("@", "matmul"),
    cst.BitAnd: ("&", "and"),
    cst.BitOr: ("|", "or"),
    cst.BitXor: ("^", "xor"),
    cst.LeftShift: ("<<", "lshift"),
    cst.RightShift: (">>", "rshift"),
}
_COMPARE: dict[type[cst.CSTNode], tuple[str, str, str]] = {
    cst.Equal: ("==", "__eq__", "__eq__"),
    cst.NotEqual: ("!=", "__ne__", "__ne__"),
    cst.LessThan: ("<", "__lt__", "__gt__"),
    cst.LessThanEqual: ("<=", "__le__", "__ge__"),
    cst.GreaterThan: (">", "__gt__", "__lt__"),
    cst.GreaterThanEqual: (">=", "__ge__", "__le__"),
}
_UNARY = {cst.Minus: ("-", "__neg__"), cst.Plus: ("+", "__pos__"), cst.BitInvert: ("~", "__invert__")}


def lower_unary(context: Context, node: cst.UnaryOperation, expected: Type | None) -> ir.Expr:
    """`-x`, `+x`, `~x`, `not x`."""
    if isinstance(node.operator, cst.Not):
        return truth(context, node)
    operator, method = _UNARY[type(node.operator)]
    operand = _operand(context, node, expected)
    span = context.span(node)
    if is_tensor_like(operand.type):
        return rows.apply_method(context, node, operand, method, ())
    if is_object(operand.type):
        called = members.call_special(context, node, operand, method, ())
        if called is not None:
            return called
    if isinstance(operand, ir.Literal) and isinstance(operand.value, int | float | complex) and operator == "-":
        if isinstance(operand.value, int) and operand.value == INT64_MAX + 1:
            return ir.Literal(-operand.value, INT, span)
        return literal(-operand.value, span)
    if not are_numbers(operand.type) or (operator == "~" and isinstance(operand.type, FloatType)):
        context.refuse("PCA303", node, f"bad operand type for unary {operator}: {operand.type}")
    result = operand.type if isinstance(operand.type, FloatType) else INT
    return ir.Unary(cast("ir.UnaryOperator", operator), operand, result, span)


def _operand(context: Context, node: cst.UnaryOperation, expected: Type | None) -> ir.Expr:
    """The operand; -9223372036854775808 is the one literal whose positive part does not fit."""
    inner = node.expression
    if isinstance(inner, cst.Integer) and isinstance(node.operator, cst.Minus):
        value = int(inner.value, 0)
        if value == INT64_MAX + 1:
            return ir.Literal(value, INT, context.span(inner))
    return context.expression(inner, expected)


def lower_binary(context: Context, node: cst.BinaryOperation, expected: Type | None) -> ir.Expr:
    """`a + b` and the like."""
    operator, method = BINARY[type(node.operator)]
    left = context.expression(node.left)
    if operator == "%" and isinstance(left.type, StrType):
        return lower_percent(context, node, left)
    right = context.expression(node.right)
    return binary(context, node, left, operator, method, right)


def binary(context: Context, node: cst.CSTNode, left: ir.Expr, operator: str, method: str, right: ir.Expr) -> ir.Expr:
    """A binary operator on two lowered operands, left evaluated first."""
    defined = _defined(context, node, left, method, right)
    if defined is not None:
        return defined
    added = totals.add(context, node, left, operator, right)
    if added is not None:
        return added
    if is_tensor_like(left.type):
        return rows.apply_method(context, node, left, f"__{method}__", (right,))
    if is_tensor_like(right.type):
        return rows.apply_method(context, node, right, f"__r{method}__", (left,), reflected=True)
    if NEVER in (left.type, right.type):
        context.pending(node)
    if isinstance(left.type, SetType | DictType) and context.table.attribute(left.type, f"__{method}__") is not None:
        return rows.apply_method(context, node, left, f"__{method}__", (right,))
    constant = _complex_constant(operator, left, right)
    if constant is not None:
        return literal(constant, context.span(node))
    _check_constant(context, node, operator, left, right)
    if operator == "*":
        note_repeated(context, left)
    left, right = _as_sequences(operator, left, right)
    result = _python_result(context, operator, left, right)
    if result is None:
        context.refuse("PCA303", node, f"unsupported operand types for {operator}: {left.type} and {right.type}")
    return ir.Binary(cast("ir.BinaryOperator", operator), left, right, result, context.span(node))


def _defined(context: Context, node: cst.CSTNode, left: ir.Expr, method: str, right: ir.Expr) -> ir.Expr | None:
    """An operator that a class of the program defines: the left operand's method, else the right one's reflected."""
    if is_object(left.type) and not isinstance(right.type, NeverType):
        called = members.call_special(context, node, left, f"__{method}__", (right,))
        if called is not None:
            return called
    if not is_object(right.type) or isinstance(left.type, NeverType) or is_tensor_like(left.type):
        return None
    if not is_atomic(left) or not is_atomic(right):
        advice = "put the operands into variables first"
        context.refuse("PCA103", node, "this operator would evaluate its operands in another order", advice)
    return members.call_special(context, node, right, f"__r{method}__", (left,))


def is_object(type_: Type) -> bool:
    """Whether a value is an instance of a class of the program whose methods operators call."""
    return isinstance(type_, InstanceType) and type_.kind != "enum"


def _check_constant(context: Context, node: cst.CSTNode, operator: str, left: ir.Expr, right: ir.Expr) -> None:
    """Refuse arithmetic of int literals whose result does not fit; what is computed later is checked when it runs."""
    match left, right:
        case ir.Literal(value=int(a)), ir.Literal(value=int(b)):
            pass
        case _:
            return
    too_large = b > 64 and ((operator == "**" and abs(a) > 1) or (operator == "<<" and a != 0))
    value = {"+": a + b, "-": a - b, "*": a * b}.get(operator, 0)
    if operator == "**" and 0 <= b <= 64:
        value = a**b
    elif operator == "<<" and 0 <= b <= 64:
        value = a << b
    if too_large or not -INT64_MAX - 1 <= value <= INT64_MAX:
        context.refuse("PCA304", node, f"{a} {operator} {b} does not fit in 64 bits", "compute with floats")


def _complex_constant(operator: str, left: ir.Expr, right: ir.Expr) -> complex | None:
    """`1.5 - 2j`: how a complex number is written."""
    match left, right:
        case ir.Literal(value=int() | float() | complex() as a), ir.Literal(value=complex() as b):
            return a + b if operator == "+" else a - b if operator == "-" else None
        case _:
            return None


def _as_sequences(operator: str, left: ir.Expr, right: ir.Expr) -> tuple[ir.Expr, ir.Expr]:
    """`(1,) * n`, `x.shape[:-1] + (n, m)`: tuples of one type of element whose length the program computes."""
    match operator, left.type, right.type:
        case ("*", TupleType(), IntType()):
            return _as_sequence(left), right
        case ("+", TupleType(), ListType(fixed=True)):
            return _as_sequence(left), right
        case ("+", ListType(fixed=True), TupleType()):
            return left, _as_sequence(right)
        case _:
            return left, right


def _as_sequence(value: ir.Expr) -> ir.Expr:
    assert isinstance(value.type, TupleType)
    element: Type | None = NEVER
    for type_ in value.type.elements:
        element = None if element is None else join(element, type_)
    if element is None or any(type_ != element for type_ in value.type.elements):
        return value
    made = ListType(element, fixed=True)
    if isinstance(value, ir.TupleDisplay):
        return ir.ListDisplay(value.elements, made, value.span)
    return ir.Convert(value, made, value.span)


def _python_result(context: Context, operator: str, left: ir.Expr, right: ir.Expr) -> Type | None:
    a, b = left.type, right.type
    if are_numbers(a, b):
        return _number_result(context, operator, left, right)
    match operator, a, b:
        case ("+", StrType(), StrType()):
            return STR
        case ("*", StrType(), IntType()) | ("*", IntType(), StrType()):
            return STR
        case ("+", ListType(), ListType()):
            joined = join(a, b)
            return joined if joined in (a, b) else None
        case ("*", ListType(), IntType()):
            return a
        case _:
            return None


def _number_result(context: Context, operator: str, left: ir.Expr, right: ir.Expr) -> Type | None:
    a, b = left.type, right.type
    floats = FloatType() in (a, b)
    if operator == "/":
        return FLOAT
    if operator == "**":
        return _power_result(left, right)
    if operator in {"&", "|", "^"}:
        return None if floats else BOOL if a == b == BOOL else INT
    if operator in {"<<", ">>"}:
        return None if floats else INT
    return None if operator == "@" else numeric_result(a, b)


def _power_result(base: ir.Expr, exponent: ir.Expr) -> Type:
    """An int to the power of an int is a float when the exponent is negative: `backend.signs` looks for those."""
    if FloatType() in (base.type, exponent.type):
        return numeric_result(base.type, exponent.type)
    negative = isinstance(exponent, ir.Literal) and isinstance(exponent.value, int) and exponent.value < 0
    return FLOAT if negative else INT


def lower_comparison(context: Context, node: cst.Comparison, expected: Type | None) -> ir.Expr:
    """`a < b`, and chains of comparisons, whose inner operands are evaluated once."""
    left = context.expression(node.left)
    return _chain(context, node, left, list(node.comparisons))


def _chain(context: Context, node: cst.Comparison, left: ir.Expr, rest: list[cst.ComparisonTarget]) -> ir.Expr:
    first, *others = rest
    right = context.expression(first.comparator)
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
    tail = truth_of(context, _chain(context, node, middle, others), node)
    return ir.Logical("and", (head, tail), BOOL, context.span(node))


def _compare(
    context: Context, node: cst.Comparison, left: ir.Expr, part: cst.ComparisonTarget, right: ir.Expr
) -> ir.Expr:
    span = context.span(node)
    folded = class_names.compared(context, node, left, part, right)
    if folded is not None:
        return folded
    match part.operator:
        case cst.Is() | cst.IsNot() | cst.Equal() | cst.NotEqual() if identity.are_symbols(left, right):
            return literal((left.type == right.type) == isinstance(part.operator, cst.Is | cst.Equal), span)
        case cst.Is() | cst.IsNot():
            return identity.lower(context, node, left, isinstance(part.operator, cst.IsNot), right)
        case cst.In() | cst.NotIn():
            return _membership(context, node, left, "in" if isinstance(part.operator, cst.In) else "not in", right)
    if identity.is_none_test(part.operator, left, right):
        return identity.lower(context, node, left, isinstance(part.operator, cst.NotEqual), right)
    symbol, method, reflected = _COMPARE[type(part.operator)]
    if is_object(left.type) or is_object(right.type):
        return _compare_objects(context, node, left, symbol, method, right)
    if is_tensor_like(left.type):
        return rows.apply_method(context, node, left, method, (right,))
    if is_tensor_like(right.type):
        return rows.apply_method(context, node, right, reflected, (left,), reflected=True)
    if NEVER in (left.type, right.type):
        context.pending(node)
    left, right = _same_display(left, right)
    if not _comparable(symbol, left.type, right.type):
        context.refuse("PCA303", node, f"{symbol} between {left.type} and {right.type} has no translation")
    return ir.Compare(cast("ir.CompareOperator", symbol), left, right, BOOL, span)


def _compare_objects(
    context: Context, node: cst.Comparison, left: ir.Expr, symbol: str, method: str, right: ir.Expr
) -> ir.Expr:
    """A comparison that a class of the program defines; without `__eq__`, objects are equal to themselves alone."""
    if isinstance(left.type, InstanceType):
        called = members.call_special(context, node, left, method, (right,))
        if called is not None:
            return called
        if method == "__ne__" and hierarchy.method(context, left.type.name, "__eq__") is not None:
            equal = members.call_special(context, node, left, "__eq__", (right,))
            assert equal is not None
            return ir.Unary("not", truth_of(context, equal, node), BOOL, context.span(node))
        if symbol in {"==", "!="} and left.type == right.type:
            return ir.Compare("==" if symbol == "==" else "!=", left, right, BOOL, context.span(node))
    context.refuse("PCA303", node, f"{symbol} between {left.type} and {right.type} has no translation")


def equal(context: Context, node: cst.CSTNode, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    """`left == right` of values that a pattern names: False where the types exclude it."""
    if not _comparable("==", left.type, right.type):
        return literal(False, context.span(node))
    return ir.Compare("==", left, right, BOOL, context.span(node))


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
    if a != b:
        return False
    if isinstance(a, ApiType | BoolType | InstanceType):
        return symbol in {"==", "!="}
    return isinstance(a, StrType) or (isinstance(a, ListType | TupleType) and symbol in {"==", "!="} and _plain(a))


def _plain(type_: Type) -> bool:
    """Whether elements compare by value without tensors inside."""
    match type_:
        case ListType(element=element):
            return _plain(element)
        case TupleType(elements=elements):
            return all(map(_plain, elements))
        case _:
            return are_numbers(type_) or isinstance(type_, StrType)


def _membership(context: Context, node: cst.Comparison, item: ir.Expr, operator: str, container: ir.Expr) -> ir.Expr:
    span = context.span(node)
    symbol = cast("ir.CompareOperator", operator)
    if isinstance(container, ir.TupleDisplay) and container.elements:
        element = container.elements[0].type
        if all(other.type == element for other in container.elements):
            container = ir.ListDisplay(container.elements, ListType(element, fixed=True), container.span)
    if is_object(container.type):
        called = members.call_special(context, node, container, "__contains__", (item,))
        if called is None or not (is_atomic(item) or is_atomic(container)):
            context.refuse("PCA303", node, f"`in` of {container.type} has no translation")
        found = truth_of(context, called, node)
        return ir.Unary("not", found, BOOL, span) if operator == "not in" else found
    if isinstance(container.type, ApiType) and context.table.member(container.type.name, "__contains__") is not None:
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
            context.pending(node)
        case _:
            context.refuse("PCA303", node, f"`in` between {item.type} and {container.type} has no translation")
