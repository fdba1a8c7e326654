"""Type annotations to types. What an annotation cannot say in the closed set of types is no annotation."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    BOOL,
    FLOAT,
    INT,
    NONE,
    STR,
    TENSOR,
    CounterType,
    DefaultDictType,
    DequeType,
    DictType,
    ListType,
    NoneType,
    OptionalType,
    OrderedDictType,
    TupleType,
    Type,
    family_of,
)

_SCALARS: dict[str, Type] = {"int": INT, "float": FLOAT, "bool": BOOL, "str": STR}
_LISTS = frozenset({"list", "List", "Sequence", "Iterable"})
_TUPLES = frozenset({"tuple", "Tuple"})
_DICTS: dict[str, type[DictType]] = {
    "dict": DictType, "Dict": DictType, "Mapping": DictType, "OrderedDict": OrderedDictType,
    "defaultdict": DefaultDictType, "DefaultDict": DefaultDictType,
}  # fmt: skip
_DEQUES = frozenset({"deque", "Deque"})


_CLASS = "make it a dataclass, whose instances can hold each other"


def annotated(context: Context, annotation: cst.Annotation | None) -> Type | None:
    """The type that an annotation states, or None."""
    return None if annotation is None else _type(context, annotation.annotation)


def is_for_checkers(context: Context, value: cst.BaseExpression) -> bool:
    """Whether a value means something in annotations alone: `TypeVar("T")`, `Dict[str, Tensor]`."""
    match value:
        case cst.Call(func=func):
            return context.qualified(func) in {"typing.TypeVar", "typing.ParamSpec", "typing.TypeVarTuple"}
        case cst.Subscript(value=generic):
            name = context.qualified(generic) or ""
            return name.startswith("typing.") or name in {"builtins.list", "builtins.dict", "builtins.tuple"}
        case _:
            return False


def _aliases(module: cst.Module) -> dict[str, cst.Subscript]:
    """What names of the module stand for in annotations: `Batch = Dict[str, Tensor]`."""
    lines = [line for line in module.body if isinstance(line, cst.SimpleStatementLine)]
    found: dict[str, cst.Subscript] = {}
    for part in (part for line in lines for part in line.body):
        match part:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Subscript() as value):
                found[name] = value
    return found


def _alias(context: Context, name: str) -> Type | None:
    """The type that an alias stands for; None for other names, and where it stands for itself."""
    value = context.source.once(_aliases, context.source.module).get(name)
    key = f"alias {name}"
    if value is None or key in context.opened or context.module_scope.bindings.counts[name] != 1:
        return None
    context.opened.add(key)
    try:
        return _type(context, value) if is_for_checkers(context, value) else None
    finally:
        context.opened.discard(key)


def _type(context: Context, node: cst.BaseExpression) -> Type | None:
    match node:
        case cst.SimpleString():
            return _quoted(context, node)
        case cst.Name(value="None"):
            return NONE
        case cst.BinaryOperation(left=left, operator=cst.BitOr(), right=right):
            return _union(_type(context, left), _type(context, right))
        case cst.Subscript(value=value, slice=slices):
            return _generic(context, value, [part.slice for part in slices])
        case _:
            return _named(context, node)


def _quoted(context: Context, node: cst.SimpleString) -> Type | None:
    text = node.evaluated_value
    if not isinstance(text, str):
        return None
    try:
        return _type(context, cst.parse_expression(text))
    except cst.ParserSyntaxError:
        return None


def _named(context: Context, node: cst.BaseExpression) -> Type | None:
    if isinstance(node, cst.Name) and node.value in context.classes:
        return class_type(context, node.value)
    name = context.qualified(node)
    if name is None:
        return _alias(context, node.value) if isinstance(node, cst.Name) else None
    if name.startswith("builtins."):
        return _SCALARS.get(name.removeprefix("builtins."))
    row = context.table.find(name)
    if row is None or row.variants[0].kind != "class":
        return None
    return TENSOR if row.key == roles.TENSOR else roles.instance_of(context.table, row.key)


def class_type(context: Context, name: str) -> Type | None:
    """The type of the instances of a class of the program."""
    if hierarchy.kind_of(context, name) == "tuple":
        return _named_tuple(context, name)
    type_ = hierarchy.instance_type(context, name)
    family = family_of(type_.order) if type_.order else type_
    others = [one for one in hierarchy.members_of(context, family) if one != name] if type_.order else []
    return family if others else type_


def _named_tuple(context: Context, name: str) -> Type | None:
    """The tuple that a class derived from NamedTuple is, its elements' types from their annotations."""
    parts = [
        part
        for item in context.classes[name].body.body
        for part in (item.body if isinstance(item, cst.SimpleStatementLine) else ())
        if isinstance(part, cst.AnnAssign) and isinstance(part.target, cst.Name)
    ]
    if name in context.opened:
        context.refuse("PCA302", context.classes[name].name, f"'{name}' holds tuples of its own kind", _CLASS)
    context.opened.add(name)
    try:
        types = [annotated(context, part.annotation) for part in parts]
    finally:
        context.opened.discard(name)
    known = tuple(type_ for type_ in types if type_ is not None)
    names = tuple(part.target.value for part in parts if isinstance(part.target, cst.Name))
    return TupleType(known, names) if len(known) == len(types) else None


def _generic(context: Context, value: cst.BaseExpression, parts: list[cst.BaseSlice]) -> Type | None:
    name = (context.qualified(value) or "").rpartition(".")[2]
    indices = [part.value for part in parts if isinstance(part, cst.Index)]
    arguments = [_type(context, index) for index in indices]
    if name == "Optional" and len(arguments) == 1:
        return _union(arguments[0], NONE)
    if name == "Union":
        result = arguments[0]
        for other in arguments[1:]:
            result = _union(result, other)
        return result
    return _container(name, indices, arguments)


def _container(name: str, indices: list[cst.BaseExpression], arguments: list[Type | None]) -> Type | None:
    if name in _TUPLES and len(indices) == 2 and isinstance(indices[1], cst.Ellipsis):
        return None if arguments[0] is None else ListType(arguments[0], fixed=True)
    known = tuple(argument for argument in arguments if argument is not None)
    if len(known) != len(arguments) or not known:
        return None
    if name in _LISTS:
        return ListType(known[0])
    if name in _TUPLES:
        return TupleType(known)
    if name in _DICTS and len(known) == 2:
        return _DICTS[name](known[0], known[1])
    if name in _DEQUES:
        return DequeType(known[0])
    if name == "Counter":
        return CounterType(known[0], INT)
    return None


def _union(a: Type | None, b: Type | None) -> Type | None:
    if a is None or b is None:
        return None
    if isinstance(b, NoneType):
        return a if isinstance(a, OptionalType) else OptionalType(a)
    if isinstance(a, NoneType):
        return b if isinstance(b, OptionalType) else OptionalType(b)
    return a if a == b else None
