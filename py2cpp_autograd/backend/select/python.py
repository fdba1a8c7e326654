"""Python arithmetic, comparison and truth on numbers, strings and lists, with Python's results."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.types import (
    BoolType,
    DictType,
    FloatType,
    IntType,
    ListType,
    ModuleDictType,
    ModuleListType,
    OrderedDictType,
    SetType,
    StrType,
    TensorType,
    TupleType,
    Type,
    is_number,
)

#: Ints below this may be added without a check: it takes more additions than a program can make to overflow.
_SMALL = 2**31

#: Doubles hold all ints up to this one.
_ROUNDED = 2**53

#: Operators that C++ computes as Python does, where it has enough bits, and `/` and `%` of what is not negative.
_NARROW: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.floordiv, "%": operator.mod,
    "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip


def lower(selection: Selection, node: ir.Unary | ir.Binary | ir.Compare | ir.Truth) -> cpp.Expr:
    """The C++ of an operator on Python values."""
    match node:
        case ir.Unary():
            return _unary(selection, node)
        case ir.Binary():
            return _binary(selection, node)
        case ir.Compare():
            return _compare(selection, node)
        case ir.Truth():
            return _truth(selection, node)


def _unary(selection: Selection, node: ir.Unary) -> cpp.Expr:
    operand = _number(selection, node.operand)
    if node.operator == "not":
        return cpp.Unary("!", selection.expression(node.operand))
    return operand if node.operator == "+" else cpp.Unary(node.operator, operand)


def _number(selection: Selection, node: ir.Expr) -> cpp.Expr:
    """A number as an operand: a bool counts as 0 or 1."""
    made = selection.expression(node)
    if isinstance(node.type, BoolType):
        return selection.call("static_cast<int64_t>", made)
    return made


def _binary(selection: Selection, node: ir.Binary) -> cpp.Expr:
    if not is_number(node.left.type) or not is_number(node.right.type):
        return _sequence(selection, node)
    if isinstance(node.left.type, BoolType) and isinstance(node.right.type, BoolType) and node.operator in "&|^":
        symbol = {"&": "&&", "|": "||", "^": "!="}[node.operator]
        return cpp.Binary(symbol, selection.expression(node.left), selection.expression(node.right))
    left, right = _number(selection, node.left), _number(selection, node.right)
    if isinstance(node.type, FloatType):
        return _float(selection, node, left, right)
    return _int(selection, node, left, right)


def _float(selection: Selection, node: ir.Binary, left: cpp.Expr, right: cpp.Expr) -> cpp.Expr:
    match node.operator:
        case "+" | "-" | "*":
            return cpp.Binary(node.operator, left, right)
        case "/" if FloatType() not in (node.left.type, node.right.type):
            return _quotient(selection, node, left, right)
        case "/" if _nonzero(node.right):
            return cpp.Binary("/", left, right)
        case operator:
            name = {"/": "true_div", "//": "floor_div", "%": "mod", "**": "pow"}[operator]
            doubles = (_double(node.left, left), _double(node.right, right))
            return selection.shim("number", name, *doubles)


def _quotient(selection: Selection, node: ir.Binary, left: cpp.Expr, right: cpp.Expr) -> cpp.Expr:
    """`a / b` of ints: division of doubles where these hold the ints."""
    bounds = (_bound(selection, node.left), _bound(selection, node.right))
    if _nonzero(node.right) and all(bound is not None and bound <= _ROUNDED for bound in bounds):
        return cpp.Binary("/", cpp.Call(cpp.Name("static_cast<double>"), (left,)), right)
    return selection.shim("number", "true_div", left, right)


def _double(node: ir.Expr, made: cpp.Expr) -> cpp.Expr:
    if isinstance(node.type, FloatType):
        return made
    if isinstance(made, cpp.Int):
        return cpp.Float(float(made.value))
    return cpp.Call(cpp.Name("static_cast<double>"), (made,))


def _nonzero(node: ir.Expr) -> bool:
    return isinstance(node, ir.Literal) and bool(node.value)


def _int(selection: Selection, node: ir.Binary, left: cpp.Expr, right: cpp.Expr) -> cpp.Expr:
    match node.operator:
        case "+" | "-" if _is_small(selection, node.left) or _is_small(selection, node.right):
            return _operation(node.operator, left, right)
        case "+" | "-" | "*" if _bound(selection, node) is not None:
            return _operation(node.operator, left, right)
        case "//" | "%" if _is_natural(selection, node.left) and _is_positive(node.right):
            return _operation("/" if node.operator == "//" else "%", left, right)
        case "&" | "|" | "^":
            return _operation(node.operator, left, right)
        case operator:
            names = {"+": "add", "-": "sub", "*": "mul", "//": "floor_div", "%": "mod", "**": "pow", "<<": "shift_left",
                     ">>": "shift_right"}  # fmt: skip
            return selection.shim("number", names[operator], exact(left), exact(right))


def exact(made: cpp.Expr) -> cpp.Expr:
    """What C++ has as an `int`, literals and what is computed of these, as int64, so that C++ finds the overload."""
    narrow = isinstance(made, cpp.Int) or _narrow(made) is not None
    return cpp.Brace(cpp.Name("int64_t"), (made,)) if narrow else made


def _operation(symbol: str, left: cpp.Expr, right: cpp.Expr) -> cpp.Expr:
    """An operation on ints; `60000 * 60000` is too much for the `int` that C++ would compute."""
    made = cpp.Binary(symbol, left, right)
    overflows = _narrow(made) is None and None not in (_narrow(left), _narrow(right))
    return cpp.Binary(symbol, exact(left), right) if overflows else made


def _narrow(made: cpp.Expr) -> int | None:
    """The value of what is an `int` in C++, of 32 bits: literals, and operations on such."""
    match made:
        case cpp.Int(value=value):
            found: int | None = value
        case cpp.Unary(operator="-" | "+" | "~" as sign, operand=operand):
            inner = _narrow(operand)
            found = None if inner is None else {"-": -inner, "+": inner, "~": ~inner}[sign]
        case cpp.Binary(operator=symbol, left=left, right=right) if symbol in _NARROW:
            a, b = _narrow(left), _narrow(right)
            found = None if a is None or b is None else _NARROW[symbol](a, b)
        case _:
            found = None
    return found if found is not None and abs(found) < _SMALL else None


def _bound(selection: Selection, node: ir.Expr) -> int | None:
    """A bound on the absolute value of an int that holds in every run, if there is a useful one."""
    match node:
        case ir.Literal(value=int(value)):
            return abs(value)
        case ir.Name(name=name) if name in selection.bounded:
            return _SMALL
        case ir.Apply(form="item") | ir.Apply(row="builtins.len"):
            return _SMALL
        case ir.Unary(operator="-" | "+", operand=operand):
            return _bound(selection, operand)
        case ir.Binary(operator="+" | "-" | "*" as operator, left=left, right=right):
            a, b = _bound(selection, left), _bound(selection, right)
            if a is None or b is None:
                return None
            bound = a * b if operator == "*" else a + b
            return bound if bound < 2**63 else None
        case ir.Binary(operator="%" | "//", left=left, right=right):
            return _bound(selection, right) if node.operator == "%" else _bound(selection, left)
        case _:
            return 1 if isinstance(node.type, BoolType) else None


def _is_small(selection: Selection, node: ir.Expr) -> bool:
    bound = None if selection.huge else _bound(selection, node)
    return bound is not None and bound <= _SMALL


def _is_natural(selection: Selection, node: ir.Expr) -> bool:
    """Whether an int is surely not negative."""
    match node:
        case ir.Literal(value=int(value)):
            return value >= 0
        case ir.Name(name=name):
            return name in selection.bounded
        case ir.Apply(form="item") | ir.Apply(row="builtins.len"):
            return True
        case ir.Binary(operator="+" | "*" | "//" | "%", left=left, right=right):
            return _is_natural(selection, left) and _is_natural(selection, right)
        case _:
            return False


def _is_positive(node: ir.Expr) -> bool:
    return isinstance(node, ir.Literal) and isinstance(node.value, int) and node.value > 0


def _sequence(selection: Selection, node: ir.Binary) -> cpp.Expr:
    left, right = selection.expression(node.left), selection.expression(node.right)
    if isinstance(node.type, StrType) and node.operator == "+":
        if isinstance(left, cpp.String) and isinstance(right, cpp.String):
            left = selection.call("std::string", left, header="<string>")
        return cpp.Binary("+", left, right)
    if isinstance(node.type, StrType):
        text, count = (left, right) if isinstance(node.left.type, StrType) else (right, left)
        return selection.shim("list", "repeat", selection.call("std::string", text, header="<string>"), count)
    return selection.shim("list", "concat" if node.operator == "+" else "repeat", left, right)


def _compare(selection: Selection, node: ir.Compare) -> cpp.Expr:
    if node.operator in {"in", "not in"}:
        return _membership(selection, node)
    left, right = selection.expression(node.left), selection.expression(node.right)
    if isinstance(node.left.type, DictType):
        in_order = isinstance(node.left.type, OrderedDictType)
        found = selection.shim("dict", "equal_in_order" if in_order else "equal", left, right)
        return cpp.Unary("!", found) if node.operator == "!=" else found
    if isinstance(node.left.type, ListType | TupleType) and node.operator not in {"==", "!="}:
        left, right = (_ordered(selection, node.left.type, side) for side in (left, right))
        return cpp.Binary(node.operator, left, right)
    if isinstance(node.left.type, ListType | TupleType) and _holds_floats(node.left.type):
        found = selection.shim("list", "same", left, right)
        return cpp.Unary("!", found) if node.operator == "!=" else found
    if isinstance(node.left.type, SetType) and node.operator not in {"==", "!="}:
        return _subset(selection, node, left, right)
    if isinstance(left, cpp.String) and isinstance(right, cpp.String):
        left = selection.call("std::string", left, header="<string>")
    if isinstance(node.left.type, BoolType) != isinstance(node.right.type, BoolType):
        left, right = _number(selection, node.left), _number(selection, node.right)
    left = _unrounded(selection, node.left, left, node.right)
    right = _unrounded(selection, node.right, right, node.left)
    return cpp.Binary(node.operator, left, right)


def _unrounded(selection: Selection, node: ir.Expr, made: cpp.Expr, other: ir.Expr) -> cpp.Expr:
    """An int that is compared with a float: C++ rounds it to a double, Python does not."""
    if not isinstance(node.type, IntType) or not isinstance(other.type, FloatType):
        return made
    bound = _bound(selection, node)
    number = other.operand if isinstance(other, ir.Unary) else other
    near = isinstance(number, ir.Literal) and isinstance(number.value, float) and abs(number.value) < _ROUNDED
    if near or (bound is not None and bound <= _ROUNDED):
        return made
    return selection.shim("number", "unrounded", made)


def _ordered(selection: Selection, type_: Type, made: cpp.Expr) -> cpp.Expr:
    """A list or tuple that is compared: NaN has no place in an order."""
    return selection.shim("order", "ordered", made) if _holds_floats(type_) else made


def _holds_floats(type_: Type) -> bool:
    """Whether a list or tuple may hold a NaN, which is equal to itself where it is one object."""
    match type_:
        case ListType(element=element):
            return _holds_floats(element)
        case TupleType(elements=elements):
            return any(map(_holds_floats, elements))
        case _:
            return isinstance(type_, FloatType)


def _subset(selection: Selection, node: ir.Compare, left: cpp.Expr, right: cpp.Expr) -> cpp.Expr:
    """`a <= b` and `a < b` of sets, and the other way round."""
    a, b = (left, right) if node.operator in {"<", "<="} else (right, left)
    return selection.shim("set", "is_subset" if len(node.operator) == 2 else "is_proper_subset", a, b)


def _membership(selection: Selection, node: ir.Compare) -> cpp.Expr:
    container, item = selection.expression(node.right), selection.expression(node.left)
    if isinstance(node.right.type, DictType):
        found: cpp.Expr = cpp.Call(cpp.Member(container, "contains"), (item,))
    elif isinstance(node.right.type, SetType):
        found = cpp.Call(cpp.Member(container, "has"), (item,))
    else:
        found = selection.shim("list", "contains", container, item)
    return cpp.Unary("!", found) if node.operator == "not in" else found


def _truth(selection: Selection, node: ir.Truth) -> cpp.Expr:
    made = selection.expression(node.operand)
    match node.operand.type:
        case IntType():
            return cpp.Binary("!=", made, cpp.Int(0))
        case FloatType():
            return cpp.Binary("!=", made, cpp.Float(0.0))
        case TensorType():
            return cpp.Call(cpp.Member(made, "is_nonzero"), ())
        case ModuleDictType() | ModuleListType():
            return cpp.Binary("!=", cpp.Call(cpp.Member(made, "size"), ()), cpp.Int(0))
        case StrType() | ListType() | SetType():
            return cpp.Unary("!", cpp.Call(cpp.Member(made, "empty"), ()))
        case DictType():
            return cpp.Unary("!", cpp.Call(cpp.Member(made, "is_empty"), ()))
        case other:
            raise TypeError(f"no truth of {other}")
