"""The least type that holds the values of two types, or None where no single C++ type does."""

from __future__ import annotations

from dataclasses import replace

from py2cpp_autograd.held_types import holds_mixed_list, is_loose, with_held
from py2cpp_autograd.table.roles import ANY_MODULE
from py2cpp_autograd.types import (
    FLOAT,
    INT,
    ApiType,
    DefaultDictType,
    DequeType,
    DictType,
    FloatType,
    FunctionType,
    InstanceType,
    IntType,
    IteratorType,
    ListType,
    MixedListType,
    ModuleListType,
    NeverType,
    NoneType,
    OptionalType,
    RangeType,
    SetType,
    SymbolType,
    TensorType,
    TupleType,
    Type,
    ViewType,
    common_family,
    is_module_instance,
)


def join(a: Type, b: Type) -> Type | None:
    """The join of `a` and `b`: `int` and `float` give `float`, `T` and `None` give `T | None`."""
    if a == b:
        return _same(a, b)
    match a, b:
        case (NeverType(), other) | (other, NeverType()):
            return FloatType(loose=True) if isinstance(other, FloatType) and other.loose else other
        case (TensorType(), TensorType()):
            return TensorType()
        case (SymbolType(), _) | (_, SymbolType()):
            return None
        case (NoneType(), other) | (other, NoneType()):
            return other if isinstance(other, OptionalType) else OptionalType(other)
        case (OptionalType(inner), other) | (other, OptionalType(inner)):
            plain = other.inner if isinstance(other, OptionalType) else other
            joined = join(inner, plain)
            return None if joined is None else OptionalType(joined)
        case _:
            return _join_plain(a, b)


def same(a: Type, b: Type) -> bool:
    """Whether two types are the same, what is known of numbers included."""
    told = is_loose(a) or is_loose(b) or holds_mixed_list(a)
    return a is b or (a == b and (not told or repr(a) == repr(b)))


def _same(a: Type, b: Type) -> Type:
    """Equal types: what is known of only one of them is not known of both."""
    if isinstance(a, ApiType) and isinstance(b, ApiType) and a.elements != b.elements:
        return replace(a, elements=())
    if isinstance(a, FloatType) and isinstance(b, FloatType):
        return FloatType(loose=a.loose or b.loose, start=a.start if a.start == b.start else None)
    if isinstance(a, TupleType) and isinstance(b, TupleType):
        return _tuple(a, b, tuple(_same(x, y) for x, y in zip(a.elements, b.elements, strict=True)))
    if isinstance(a, ListType) and isinstance(b, ListType):
        return replace(a, element=_same(a.element, b.element))
    if isinstance(a, DictType) and isinstance(b, DictType):
        return replace(a, value=_same(a.value, b.value))
    if isinstance(a, OptionalType) and isinstance(b, OptionalType):
        return OptionalType(_same(a.inner, b.inner))
    return b if is_loose(b) and not is_loose(a) else a


def _tuple(a: TupleType, b: TupleType, elements: tuple[Type, ...]) -> TupleType:
    """The tuple of joined elements: two lists of other values are one whose values are not known."""
    if isinstance(a, MixedListType) and isinstance(b, MixedListType) and repr(a.literals) != repr(b.literals):
        return replace(a, elements=elements, literals=())
    return replace(a, elements=elements)


def _is_module(type_: Type) -> bool:
    return is_module_instance(type_) or (isinstance(type_, ApiType) and type_.family == ANY_MODULE)


def _join_plain(a: Type, b: Type) -> Type | None:
    match a, b:
        case (IntType(), FloatType()) | (FloatType(), IntType()):
            return FloatType(loose=True)
        case (ApiType() | InstanceType(), ApiType() | InstanceType()) if _is_module(a) and _is_module(b):
            return ApiType(ANY_MODULE, ANY_MODULE)
        case (InstanceType(kind="object" | "family"), InstanceType(kind="object" | "family")):
            return common_family(a, b)
        case (ApiType(family=str(family)), ApiType(family=other)) if family == other:
            return ApiType(family, family)
        case (ModuleListType(), ModuleListType()):
            element = join(a.element, b.element)
            return None if element is None else ModuleListType(element, fixed=True)
        case (ModuleListType(), _) | (_, ModuleListType()):
            return None
        case (RangeType(), ListType(element=IntType())) | (ListType(element=IntType()), RangeType()) if (
            {type(a), type(b)} <= {RangeType, ListType}
        ):
            assert isinstance(a, ListType) and isinstance(b, ListType)
            return RangeType(INT, fixed=a.fixed and b.fixed)  # which of the two it is nobody asks: it has no text
        case (DequeType() | RangeType(), _) | (_, DequeType() | RangeType()) if type(a) is not type(b):
            return None
        case (ViewType() as view, ListType() as other) | (ListType() as other, ViewType() as view):
            return _views(view, other)
        case (DequeType(), DequeType()):
            element = join(a.element, b.element)
            return None if element is None or {a.element, b.element} == {INT, FLOAT} else DequeType(element)
        case (ListType(), ListType()):
            element = join(a.element, b.element)
            mixed = {a.element, b.element} == {INT, FLOAT}  # a list of ints is no list of floats
            return None if element is None or mixed else ListType(element, a.fixed and b.fixed)
        case (TupleType(), TupleType()) if len(a.elements) == len(b.elements) and type(a) is type(b):
            joined = [join(x, y) for x, y in zip(a.elements, b.elements, strict=True)]
            return None if None in joined else _tuple(a, b, tuple(x for x in joined if x is not None))
        case (SetType(), SetType()):
            element = join(a.element, b.element)
            return None if element is None or {a.element, b.element} == {INT, FLOAT} else SetType(element)
        case (IteratorType(), IteratorType()):
            element = join(a.element, b.element)
            return None if element is None or element not in (a.element, b.element) else IteratorType(element)
        case (DictType(), DictType()):
            return _dicts(a, b)
        case (FunctionType(), FunctionType()) if len(a.parameters) == len(b.parameters):
            parameters = [_alike(x, y) for x, y in zip(a.parameters, b.parameters, strict=True)]
            result = _alike(a.result, b.result)
            if result is None or None in parameters:
                return None
            return FunctionType(tuple(x for x in parameters if x is not None), result)
        case _:
            return None


def _views(view: ViewType, other: ListType) -> ViewType | None:
    """A view, or a list in its place: of values nobody asks for more than a list can tell."""
    element = join(view.element, other.element)
    part = view.part if isinstance(other, ViewType) and view.part == other.part else "values"
    mixed = {view.element, other.element} == {INT, FLOAT}
    return None if element is None or mixed else ViewType(element, fixed=True, part=part)


def _dicts(a: DictType, b: DictType) -> DictType | None:
    key, value = join(a.key, b.key), join(a.value, b.value)
    if key is None or value is None or type(a) is not type(b):
        return None
    if isinstance(a, DefaultDictType) and isinstance(b, DefaultDictType):
        return replace(a, key=key, value=value, plain=a.plain and b.plain)
    return replace(a, key=key, value=value)


def _alike(a: Type, b: Type) -> Type | None:
    """The join of what functions take or give: C++ would convert numbers where Python does not."""
    joined = join(a, b)
    tensors = isinstance(a, TensorType) and isinstance(b, TensorType)
    return joined if a == b or tensors or not (is_settled(a) and is_settled(b)) else None


def same_family(a: Type, b: Type) -> bool:
    """Whether one C++ parameter can take both types without changing what the body computes."""
    joined = join(a, b)
    return joined is not None and (a == b or not (joined in (FLOAT, ApiType(ANY_MODULE)) or are_other_objects(a, b)))


def are_other_objects(a: Type, b: Type) -> bool:
    """Whether two types that join are, or hold, objects of other classes: a list of these is none of their family."""
    one, other = ({held for held in with_held(type_) if isinstance(held, InstanceType)} for type_ in (a, b))
    return bool(one and other) and one != other


def is_settled(type_: Type) -> bool:
    """Whether the type has no unknown part left."""
    match type_:
        case NeverType():
            return False
        case OptionalType(inner):
            return is_settled(inner)
        case ListType(element=element) | SetType(element=element) | IteratorType(element=element):
            return is_settled(element)
        case DictType(key, value):
            return is_settled(key) and is_settled(value)
        case TupleType(elements=elements):
            return all(map(is_settled, elements))
        case FunctionType(parameters, result):
            return all(map(is_settled, parameters)) and is_settled(result)
        case _:
            return True
