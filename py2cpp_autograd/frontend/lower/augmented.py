"""Augmented assignments, `target op= value`; the parts of a target are evaluated once, as in Python."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled, join
from py2cpp_autograd.frontend.lower import item_targets, rows, totals
from py2cpp_autograd.frontend.lower.aliases import note_elements, note_mutation, place_of
from py2cpp_autograd.frontend.lower.assignment import store
from py2cpp_autograd.frontend.lower.classes import members
from py2cpp_autograd.frontend.lower.operators import BINARY, binary
from py2cpp_autograd.frontend.lower.targets import assign_name, change_in_place
from py2cpp_autograd.frontend.lower.values import coerce, is_tensor_like, widen
from py2cpp_autograd.frontend.walk import children
from py2cpp_autograd.types import DictType, InstanceType, ListType, SetType, TensorType, Type

_AUGMENTED: dict[type[cst.CSTNode], type[cst.CSTNode]] = {
    cst.AddAssign: cst.Add,
    cst.SubtractAssign: cst.Subtract,
    cst.MultiplyAssign: cst.Multiply,
    cst.DivideAssign: cst.Divide,
    cst.FloorDivideAssign: cst.FloorDivide,
    cst.ModuloAssign: cst.Modulo,
    cst.PowerAssign: cst.Power,
    cst.MatrixMultiplyAssign: cst.MatrixMultiply,
    cst.BitAndAssign: cst.BitAnd,
    cst.BitOrAssign: cst.BitOr,
    cst.BitXorAssign: cst.BitXor,
    cst.LeftShiftAssign: cst.LeftShift,
    cst.RightShiftAssign: cst.RightShift,
}


#: What changes a tensor that a property gives: C++'s operators want a variable.
_METHODS = {"add": "add_", "sub": "sub_", "mul": "mul_", "truediv": "div_"}


def lower_augmented(context: Context, node: cst.AugAssign) -> list[ir.Stmt]:
    """In place on tensors and lists, a rebinding on the rest."""
    symbol, method = BINARY[_AUGMENTED[type(node.operator)]]
    added = totals.add_to(context, node, symbol)
    if added is not None:
        return added
    before, current = _evaluated_once(context, node, context.expression(node.target))
    value = context.expression(_added(context, node, current.type))
    if isinstance(current.type, TensorType) or is_tensor_like(current.type):
        change_in_place(context, node.target)
        in_place = _METHODS.get(method) if isinstance(current, ir.Apply) else None
        updated = rows.apply_method(context, node, current, in_place or f"__i{method}__", (value,))
        if isinstance(current, ir.Name | ir.Field):
            return [*before, ir.ExprStmt(updated, context.span(node))]
        return [*before, *_stored(context, node, current, updated)]
    if isinstance(current.type, InstanceType) and hierarchy.has_method(context, current.type, f"__i{method}__"):
        changed = members.call_special(context, node, current, f"__i{method}__", (value,))
        assert changed is not None
        return [*before, *_stored(context, node, current, changed)]
    if _is_changed(context, current.type, f"__i{method}__"):
        note_mutation(context, current)
        note_elements(context, place_of(context, current), value)
        change_in_place(context, node.target)
        if isinstance(node.target, cst.Name):
            context.scope.extended.add((node.target.value, context.span(node)))
        _take(context, current, value.type)
        extended = rows.apply_method(context, node, current, f"__i{method}__", (value,))
        return [*before, ir.ExprStmt(extended, context.span(node))]
    return [*before, *_rebound(context, node, current, value)]


def _added(context: Context, node: cst.AugAssign, type_: Type) -> cst.BaseExpression:
    """What is written on the right; `xs += (a, b)` of a list is `xs += [a, b]`."""
    if not isinstance(node.value, cst.Tuple) or not isinstance(type_, ListType) or type_.fixed:
        return node.value
    made = cst.List(node.value.elements)
    context.place_at(made, context.span(node.value))
    return made


def _is_changed(context: Context, type_: Type, method: str) -> bool:
    """Whether an operator changes a container where it is, for all who have it."""
    if isinstance(type_, ListType):
        return not type_.fixed
    return isinstance(type_, DictType | SetType) and context.table.attribute(type_, method) is not None


def _take(context: Context, current: ir.Expr, added: Type) -> None:
    """A list that was empty holds what it is extended by; one of modules, modules of other classes too."""
    if isinstance(added, ListType) and (rows.is_module_type(context, added.element) or not is_settled(current.type)):
        joined = join(current.type, added)
        if joined is not None:
            widen(context, current, joined)


def _rebound(context: Context, node: cst.AugAssign, current: ir.Expr, value: ir.Expr) -> list[ir.Stmt]:
    """`target op= value` of what cannot be changed: the target becomes the result."""
    span = context.span(node)
    result = binary(context, node, current, *BINARY[_AUGMENTED[type(node.operator)]], value)
    if isinstance(result, ir.Binary) and result.type == current.type and isinstance(node.target, cst.Name):
        target = assign_name(context, node.target, node.target.value, result.type)
        if target.type == result.type and not (isinstance(current, ir.Name) and current.checked):
            return [ir.AugmentedAssign(target, result.operator, result.right, span)]
        return [ir.Assign(target, coerce(context, result, target.type, "the variable"), span)]
    return _stored(context, node, current, result)


def _stored(context: Context, node: cst.AugAssign, current: ir.Expr, value: ir.Expr) -> list[ir.Stmt]:
    """The value stored where `current` was read; its parts are there already."""
    span = context.span(node)
    match current:
        case ir.TensorIndex(tensor=tensor, parts=parts):
            return [ir.Assign(ir.TensorIndexTarget(tensor, parts, value.type, span), value, span)]
        case ir.Subscript(container=container, index=index) if isinstance(container.type, ListType | DictType):
            target = item_targets.element(context, node.target, container, index, value, is_there=True)
            return [ir.Assign(target, coerce(context, value, target.type, "the variable"), span)]
        case _:
            return store(context, node, node.target, value)


def _evaluated_once(context: Context, node: cst.AugAssign, current: ir.Expr) -> tuple[list[ir.Stmt], ir.Expr]:
    """What is read, its parts in variables where reading them again could give something else; these variables."""
    before: list[ir.Stmt] = []
    moves = _calls_function(context, node.value)

    def stays(part: ir.Expr) -> bool:
        return _is_repeatable(part) and not (moves and _may_move(context, part))

    def kept(part: ir.Expr, stem: str) -> ir.Expr:
        if stays(part):
            return part
        name = context.scope.fresh_name(stem)
        before.append(ir.Assign(ir.NameTarget(name, part.type, part.span), part, part.span))
        return ir.Name(name, part.type, part.span)

    def kept_part(part: ir.Expr | ir.Slice | ir.Ellipsis) -> ir.Expr | ir.Slice | ir.Ellipsis:
        if isinstance(part, ir.Ellipsis):
            return part
        if not isinstance(part, ir.Slice):
            return kept(part, "index")
        lower, upper, step = (bound and kept(bound, "bound") for bound in (part.lower, part.upper, part.step))
        return ir.Slice(lower, upper, step, part.span)

    match current:
        case ir.TensorIndex(tensor=tensor, parts=parts):
            current = replace(current, tensor=kept(tensor, "tensor"), parts=tuple(map(kept_part, parts)))
        case ir.Subscript(container=ir.Name() as container) if not stays(container):
            context.refuse("PCA102", node, f"the call may give '{container.name}' another value", _EVALUATED_ONCE)
        case ir.Subscript(container=container, index=index) if _is_repeatable(container):
            current = replace(current, index=kept(index, "index"))
        case ir.Name() | ir.Field() if _is_repeatable(current):
            pass
        case _ if _has_call(node.target) or not (is_tensor_like(current.type) or _is_pure(node.target)):
            context.refuse("PCA102", node, "the target would be evaluated twice", _EVALUATED_ONCE)
    return before, current


_EVALUATED_ONCE = "put the object, or the index, into a variable first"


def _calls_function(context: Context, node: cst.CSTNode) -> bool:
    """Whether a function of the program may run where an expression is evaluated."""
    if isinstance(node, cst.Call) and context.qualified(node.func) is None:
        return True
    return not isinstance(node, cst.Lambda) and any(_calls_function(context, part) for part in children(node))


def _may_move(context: Context, part: ir.Expr) -> bool:
    """Whether a function that is called may make a part of a target another one: what it rebinds, and attributes."""
    match part:
        case ir.Name(name=name):
            return name in context.source.usage.rebound
        case ir.Field() | ir.Subscript():
            return not isinstance(part.type, ListType | DictType)
        case ir.Unary(operand=operand):
            return _may_move(context, operand)
        case ir.Binary(left=left, right=right):
            return _may_move(context, left) or _may_move(context, right)
        case _:
            return False


def _is_repeatable(part: ir.Expr) -> bool:
    """Whether evaluating a part of a target again gives the same object, also when the target has been changed."""
    match part:
        case ir.Literal() | ir.Name():
            return True
        case ir.Field(instance=owner):
            return _is_repeatable(owner)
        case ir.ListDisplay(elements=elements) | ir.TupleDisplay(elements=elements):
            return all(map(_is_repeatable, elements))
        case ir.Subscript(container=container, index=index):
            return _is_repeatable(container) and _is_repeatable(index)
        case ir.Unary(operand=operand):
            return _is_repeatable(operand) and not is_tensor_like(part.type)
        case ir.Binary(left=left, right=right):
            return _is_repeatable(left) and _is_repeatable(right) and not is_tensor_like(part.type)
        case _:
            return False


def _has_call(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call | cst.Lambda | cst.NamedExpr) or any(map(_has_call, children(node)))


def _is_pure(target: cst.BaseExpression) -> bool:
    """Whether reading the target's parts twice is the same as once: names, attributes and literal indices."""
    match target:
        case cst.Name() | cst.Integer() | cst.SimpleString() | cst.UnaryOperation(expression=cst.Integer()):
            return True
        case cst.Attribute(value=value):
            return _is_pure(value)
        case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            return _is_pure(value) and _is_pure(index)
        case _:
            return False
