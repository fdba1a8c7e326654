"""Conversions between types, truth, and reads of variables: what every construct does with a value."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import are_other_objects, is_settled, join
from py2cpp_autograd.frontend.lower.narrowing import facts_of, only_if
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.ir_walk import children
from py2cpp_autograd.span import Span
from py2cpp_autograd.table.roles import ANY_MODULE
from py2cpp_autograd.types import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    NONE,
    STR,
    ApiType,
    BoolType,
    DictType,
    FloatType,
    FunctionType,
    InstanceType,
    IntType,
    ListType,
    ModuleListType,
    NeverType,
    NoneType,
    OptionalType,
    SetType,
    StrType,
    SymbolType,
    TensorType,
    TupleType,
    Type,
    is_family,
    is_module_container,
    is_number,
    without_none,
)

INT64_MAX = 2**63 - 1


def literal(value: int | float | complex | bool | str | None, span: Span) -> ir.Literal:
    """A constant with its type."""
    types: dict[type, Type] = {bool: BOOL, int: INT, float: FLOAT, complex: COMPLEX, str: STR, type(None): NONE}
    return ir.Literal(value, types[type(value)], span)


def is_tensor_like(type_: Type) -> bool:
    """Whether the value is a tensor, or a tensor or None."""
    return isinstance(without_none(type_), TensorType)


def is_atomic(expression: ir.Expr) -> bool:
    """Whether evaluating the expression twice is the same as once, and free."""
    return isinstance(expression, ir.Literal | ir.Name)


def answered(value: ir.Expr, answer: int | bool, span: Span) -> ir.Expr:
    """What is known of a value without it: evaluated all the same, unless that does nothing."""
    return behind(value, literal(answer, span))


def behind(value: ir.Expr, other: ir.Expr) -> ir.Expr:
    """`other`, behind the evaluation of a value that it does not need."""
    if isinstance(value, ir.Let) and value.name is None and does_nothing(value.body):
        value = value.value
    return other if does_nothing(value) else ir.Let(None, value, other, other.type, other.span)


def does_nothing(value: ir.Expr) -> bool:
    """Whether evaluating a value reads variables and attributes, and no more."""
    match value:
        case ir.Literal() | ir.Name() | ir.ClassAttribute() | ir.FunctionRef() | ir.Lambda():
            return True
        case ir.Apply(form="get" | "value") | ir.Field() | ir.Convert() | ir.Subscript() | ir.TupleDisplay():
            return all(map(does_nothing, children(value)))
        case _:
            return False


def coerce(context: Context, value: ir.Expr, type_: Type, what: str) -> ir.Expr:
    """`value` as `type_`, a type that holds it; refused (PCA302) when it does not."""
    if value.type == type_ or (isinstance(value.type, TensorType) and isinstance(type_, TensorType)):
        return value
    if isinstance(type_, NeverType) or not is_settled(type_):
        return value
    if isinstance(value, ir.ListDisplay) and isinstance(type_, ListType):
        elements = tuple(coerce(context, element, type_.element, what) for element in value.elements)
        return ir.ListDisplay(elements, type_, value.span)
    if isinstance(value, ir.Binary) and isinstance(value.type, ListType) and isinstance(type_, ListType):
        sides = [value.left, value.right]
        left, right = (coerce(context, one, type_, what) if one.type == value.type else one for one in sides)
        return replace(value, left=left, right=right, type=type_)
    collects = isinstance(value, ir.Comprehension) and value.into in {"list", "dict"}
    if collects and isinstance(value, ir.Comprehension) and isinstance(type_, ListType | DictType):
        held = type_.element if isinstance(type_, ListType) else type_.value
        return replace(value, element=coerce(context, value.element, held, what), type=type_)
    if isinstance(value, ir.SetDisplay) and isinstance(type_, SetType) and not value.elements:
        return ir.SetDisplay((), type_, value.span)
    if isinstance(value, ir.Apply) and is_module_container(value.type) and is_module_container(type_):
        held = ListType(type_.element) if isinstance(type_, ModuleListType) else _plain_dict(type_)
        arguments = tuple(replace(a, value=coerce(context, a.value, held, what)) for a in value.arguments)
        return replace(value, arguments=arguments, type=type_)
    if isinstance(value, ir.Collection) and not is_settled(value.type) and join(value.type, type_) == type_:
        return _settled(value, type_)
    if isinstance(value, ir.DictDisplay) and isinstance(type_, DictType) and value.type != type_:
        coerced = [(coerce(context, k, type_.key, what), coerce(context, v, type_.value, what)) for k, v in value.items]
        return ir.DictDisplay(tuple(coerced), type_, value.span)
    if (
        isinstance(value, ir.TupleDisplay)
        and isinstance(type_, TupleType)
        and len(value.elements) == len(type_.elements)
    ):
        pairs = zip(value.elements, type_.elements, strict=True)
        return ir.TupleDisplay(tuple(coerce(context, v, t, what) for v, t in pairs), type_, value.span)
    if isinstance(value, ir.Literal) and isinstance(value.value, int) and isinstance(type_, FloatType):
        return ir.Literal(float(value.value), FLOAT, value.span)
    if isinstance(type_, OptionalType) and not is_settled(value.type):
        value = coerce(context, value, type_.inner, what)
    if _converts(value.type, type_):
        context.assumptions.note_families(type_)
        return ir.Convert(value, type_, value.span)
    context.refuse("PCA302", value.span, f"{what} is {type_} elsewhere, and {value.type} here")


def _settled(value: ir.Collection, type_: Type) -> ir.Collection:
    """A collection that was empty, of what it holds elsewhere."""
    given = value.arguments
    if isinstance(type_, ListType) and given and isinstance(given[0], ir.ListDisplay):
        given = (replace(given[0], type=ListType(type_.element)), *given[1:])
    return replace(value, arguments=given, type=type_)


def _plain_dict(type_: Type) -> Type:
    return DictType(type_.key, type_.value) if isinstance(type_, DictType) else type_


def _is_of_family(source: Type, target: Type) -> bool:
    """Whether C++ takes objects of a class for those of its family: alone or in a tuple, for lists would be copies."""
    match without_none(source), without_none(target):
        case TupleType(elements=parts), TupleType(elements=others):
            return all(a == b or _is_of_family(a, b) for a, b in zip(parts, others, strict=True))
        case InstanceType(), InstanceType():
            return True
        case _:
            return False


def _converts(source: Type, target: Type) -> bool:
    if are_other_objects(source, target):
        return join(source, target) == target and _is_of_family(source, target)
    match source, target:
        case (IntType(), FloatType()):
            return True
        case (NoneType(), OptionalType()):
            return True
        case (OptionalType(a), OptionalType(b)):
            return join(a, b) == b
        case (other, OptionalType(inner)):
            return join(other, inner) == inner
        case (ListType(NoneType()), ListType(element)) if not is_tensor_like(element):
            return False  # a list of nothing but None is one of undefined tensors
        case (ListType(element), ListType(ApiType(name=name))) if name == ANY_MODULE and element != target.element:
            return target.fixed  # a list that nothing changes may be another one
        case (ListType(), ListType()) | (DictType(), DictType()) | (TupleType(), TupleType()) | (SetType(), SetType()):
            return join(source, target) == target
        case (FunctionType(), FunctionType()):
            return True
        case (ApiType() | InstanceType(), ApiType()):
            return join(source, target) == target
        case _:
            return False


def truth(context: Context, node: cst.BaseExpression) -> ir.Expr:
    """The expression as a condition: a bool with Python's truth of its value, short-circuit kept."""
    match node:
        case cst.UnaryOperation(operator=cst.Not(), expression=operand):
            inner = truth(context, operand)
            if isinstance(inner, ir.Literal):
                return literal(not inner.value, context.span(node))
            return ir.Unary("not", inner, BOOL, context.span(node))
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            return _logical(context, node, left, "and" if isinstance(operator, cst.And) else "or", right)
        case _:
            return truth_of(context, context.expression(node), node)


def _logical(
    context: Context, node: cst.BooleanOperation, left: cst.BaseExpression, operator: str, right: cst.BaseExpression
) -> ir.Expr:
    first = truth(context, left)
    if isinstance(first, ir.Literal):
        decided = bool(first.value) == (operator == "or")
        return first if decided else truth(context, right)
    facts = facts_of(context, left, first)
    with only_if(context, facts.when_true if operator == "and" else facts.when_false):
        second = truth(context, right)
    operands = (*_flat(first, operator), *_flat(second, operator))
    return ir.Logical("and" if operator == "and" else "or", operands, BOOL, context.span(node))


def _flat(operand: ir.Expr, operator: str) -> tuple[ir.Expr, ...]:
    if isinstance(operand, ir.Logical) and operand.operator == operator:
        return operand.operands
    return (operand,)


def truth_of(context: Context, value: ir.Expr, node: cst.CSTNode) -> ir.Expr:
    """Python's truth of a lowered value."""
    match value.type:
        case BoolType():
            return value
        case NoneType():
            return answered(value, False, value.span)
        case SymbolType():
            return literal(True, value.span)
        case IntType() | FloatType() | StrType() | TensorType() | ListType() | DictType() | SetType():
            if isinstance(value, ir.Literal):
                return literal(bool(value.value), value.span)
            if isinstance(value, ir.DictDisplay) and all(is_atomic(part) for item in value.items for part in item):
                return literal(bool(value.items), value.span)
            return ir.Truth(value, BOOL, value.span)
        case InstanceType(kind="object" | "family") as plain if _always_true(context, plain):
            return answered(value, True, value.span)
        case OptionalType(InstanceType(kind="object" | "family") as plain) if _always_true(context, plain):
            return ir.IsNone(value, True, BOOL, value.span)
        case NeverType():
            context.pending(node)
        case OptionalType(inner):
            present = ir.IsNone(value, True, BOOL, value.span)
            content = truth_of(context, ir.Convert(value, inner, value.span), node)
            if isinstance(content, ir.Literal):
                return present if content.value else content
            return ir.Logical("and", (present, content), BOOL, value.span)
        case InstanceType(name=name) if not _always_true(context, value.type):
            why = "as its value has it" if value.type.kind == "enum" else "whose class defines __bool__ or __len__"
            shown = f"the truth of {name if is_family(value.type) else f'a {name}'}, {why}, has no translation"
            context.refuse("PCA303", node, shown, "ask what is meant: len(x) > 0, or a method of its own")
        case InstanceType():
            return answered(value, True, value.span)
        case ApiType(name=name, family=family) if family and context.table.member(name, "__len__") is None:
            return answered(value, True, value.span)
        case _:
            context.refuse("PCA303", node, f"the truth of a value of type {value.type} has no translation")


def _always_true(context: Context, type_: InstanceType) -> bool:
    """Whether objects of a class, and of those that derive from it, are true: none has `__bool__` or `__len__`."""
    name = type_.order[0] if type_.order else type_.name
    classes = [name, *(other for other in context.classes if name in hierarchy.mro(context, other))]
    told = any({"__bool__", "__len__"} & set(hierarchy.methods(context, other)) for other in classes)
    return not told and hierarchy.mixed_in(context, type_) is None


def widen(context: Context, container: ir.Expr, type_: Type) -> None:
    """Learn the element type of a list or dict from what is put into it."""
    match container:
        case ir.Name(name=name):
            scope = context.resolve(name).scope
            if scope is not None and _learns(context, scope, name):
                context.assumptions.join(scope.key(name), type_)
        case ir.Field(instance=instance, name=name):
            context.assumptions.join(("field", str(instance.type), name), type_)
        case ir.ClassAttribute(class_name=class_name, name=name):
            context.assumptions.join(("class attribute", class_name, name), type_)
        case ir.Convert(operand=inner) if isinstance(inner.type, OptionalType):
            widen(context, inner, OptionalType(type_))
        case ir.Conditional(body=body, orelse=orelse):
            widen(context, body, type_)
            widen(context, orelse, type_)
        case (
            ir.Subscript(container=inner)
            | ir.Apply(row="builtins.dict.setdefault", arguments=(ir.Argument(value=inner), *_))
        ):
            match inner.type:
                case _ if is_module_container(inner.type):
                    return
                case DictType() as held if held.value != type_:
                    widen(context, inner, replace(held, value=type_))
                case ListType() as held if held.element != type_:
                    widen(context, inner, replace(held, element=type_))
        case _:
            return


def _learns(context: Context, scope: Scope, name: str) -> bool:
    """Whether a variable's element type may change: a parameter's comes from its callers, if they know it."""
    return name not in scope.parameters or not is_settled(context.assumptions.get(scope.key(name)))


def are_numbers(*types: Type) -> bool:
    """Whether all types are Python numbers."""
    return all(map(is_number, types))
