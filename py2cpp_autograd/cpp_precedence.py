"""How tightly C++ operators bind, and where compilers want parentheses all the same."""

from __future__ import annotations

import math

from py2cpp_autograd import cpp

_BITWISE = frozenset({"&", "|", "^", "<<", ">>"})
BINARY = {
    "*": 13, "/": 13, "%": 13, "+": 12, "-": 12, "<<": 11, ">>": 11, "<": 10, "<=": 10, ">": 10, ">=": 10,
    "==": 9, "!=": 9, "&": 8, "^": 7, "|": 6, "&&": 5, "||": 4,
}  # fmt: skip
TERNARY, ASSIGNMENT, UNARY, POSTFIX, PRIMARY = 3, 2, 14, 15, 16


def is_misread(operator: str, operand: cpp.Expr) -> bool:
    """Whether compilers warn, for the sake of readers, about an operand of this operator without parentheses."""
    if not isinstance(operand, cpp.Binary) or operand.operator == operator:
        return False
    return operator in _BITWISE or (operator == "||" and operand.operator == "&&")


def precedence(expression: cpp.Expr) -> int:
    """The level of an expression's outermost operator."""
    match expression:
        case cpp.Binary(operator=operator):
            return BINARY.get(operator, ASSIGNMENT)
        case cpp.Ternary():
            return TERNARY
        case cpp.Unary():
            return UNARY
        case cpp.Int(value=value) | cpp.Float(value=value) if value < 0 or math.copysign(1, value) < 0:
            return UNARY
        case cpp.Call() | cpp.Member() | cpp.Index():
            return POSTFIX
        case _:
            return PRIMARY
