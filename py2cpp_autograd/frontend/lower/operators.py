"""Operators: on tensors they are rows (`__add__`, ...), on Python values IR nodes with Python's meaning."""

from __future__ import annotations

from typing import cast

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import join
from py2cpp_autograd.frontend.lower import choices, key_sets, rows, totals, tuples
from py2cpp_autograd.frontend.lower.certain import certain
from py2cpp_autograd.frontend.lower.classes import enumerations, members
from py2cpp_autograd.frontend.lower.formats import lower_percent
from py2cpp_autograd.frontend.lower.shared_state import note_repeated
from py2cpp_autograd.frontend.lower.values import (
    INT64_MAX,
    are_numbers,
    is_atomic,
    is_tensor_like,
    literal,
    truth,
)
from py2cpp_autograd.types import (
    BOOL,
    FLOAT,
    INT,
    NEVER,
    STR,
    DequeType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    MixedListType,
    NeverType,
    RangeType,
    SetType,
    StrType,
    TupleType,
    Type,
    ViewType,
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
_UNARY = {cst.Minus: ("-", "__neg__"), cst.Plus: ("+", "__pos__"), cst.BitInvert: ("~", "__invert__")}


def lower_unary(context: Context, node: cst.UnaryOperation, expected: Type | None) -> ir.Expr:
    """`-x`, `+x`, `~x`, `not x`."""
    if isinstance(node.operator, cst.Not):
        return truth(context, node)
    operator, method = _UNARY[type(node.operator)]
    operand = enumerations.plain(context, node, certain(_operand(context, node, expected)))
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
    result = _numeric_result(operand.type, operand.type)
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
    if isinstance(node.left, cst.IfExp) and choices.is_tensor_or_number(context, node.left):
        return context.expression(choices.distributed(context, node, node.left), expected)
    of_keys = key_sets.lower(context, node)
    if of_keys is not None:
        return of_keys
    left = enumerations.plain(context, node, context.expression(node.left))
    if operator == "%" and isinstance(left.type, StrType):
        return lower_percent(context, node, left)
    right = context.expression(node.right)
    return binary(context, node, left, operator, method, right)


def binary(context: Context, node: cst.CSTNode, left: ir.Expr, operator: str, method: str, right: ir.Expr) -> ir.Expr:
    """A binary operator on two lowered operands, left evaluated first."""
    left, right = enumerations.plain(context, node, left), enumerations.plain(context, node, right)
    defined = _defined(context, node, left, method, right)
    if defined is not None:
        return defined
    added = totals.add(context, node, left, operator, right)
    if added is not None:
        return added
    if is_tensor_like(left.type):
        return rows.apply_method(context, node, left, f"__{method}__", (totals.operand(left, operator, right),))
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
    longer = tuples.joined(context, node, left, right) if operator == "+" else None
    if longer is not None:
        return longer
    left, right = _as_sequences(operator, left, right)
    result = _python_result(context, operator, left, right)
    if result is None:
        left, right = certain(left), certain(right)
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
        case (_, MixedListType(), _) | (_, _, MixedListType()):
            return left, right
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


def _numeric_result(a: Type, b: Type) -> Type:
    """The type of `+`, `-`, `*`, `//`, `%` on two numbers."""
    floats = [type_ for type_ in (a, b) if isinstance(type_, FloatType)]
    if not floats:
        return INT
    return FloatType(loose=True) if all(type_.loose for type_ in floats) else FLOAT


def _python_result(context: Context, operator: str, left: ir.Expr, right: ir.Expr) -> Type | None:
    a, b = left.type, right.type
    if are_numbers(a, b):
        return _number_result(context, operator, left, right)
    match operator, a, b:
        case ("+", StrType(), StrType()):
            return STR
        case ("*", StrType(), IntType()) | ("*", IntType(), StrType()):
            return STR
        case (_, DequeType() | RangeType() | ViewType(), _):
            return None
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
    return None if operator == "@" else _numeric_result(a, b)


def _power_result(base: ir.Expr, exponent: ir.Expr) -> Type:
    """An int to the power of an int is a float when the exponent is negative: `backend.signs` looks for those."""
    if FloatType() in (base.type, exponent.type):
        return _numeric_result(base.type, exponent.type)
    negative = isinstance(exponent, ir.Literal) and isinstance(exponent.value, int) and exponent.value < 0
    return FLOAT if negative else INT
