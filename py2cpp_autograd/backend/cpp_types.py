"""The C++ type that stands for each static type."""

from __future__ import annotations

from collections.abc import Iterator

from py2cpp_autograd.backend.names import cpp_name
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.types import (
    ApiType,
    BoolType,
    ComplexType,
    CounterType,
    DefaultDictType,
    DequeType,
    DictType,
    FloatType,
    FunctionType,
    InstanceType,
    IntType,
    IteratorType,
    ListType,
    ModuleDictType,
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
)

TENSOR = "torch::Tensor"


def cpp_type(table: Table, type_: Type) -> str:
    """The spelling of the C++ type."""
    match type_:
        case NoneType() | TensorType() | OptionalType(inner=TensorType()):
            return TENSOR
        case IntType():
            return "int64_t"
        case FloatType():
            return "double"
        case ComplexType():
            return "c10::complex<double>"
        case BoolType():
            return "bool"
        case StrType():
            return "std::string"
        case NeverType():
            return "void"
        case SymbolType():
            return "std::monostate"  # a class or function in a tuple, which nothing reads
        case OptionalType(inner=ApiType(name=name)) if roles.is_nullable(table, name):
            return api_class(table, name)
        case OptionalType(inner=InstanceType(kind="module" | "object" | "family") as inner):
            return cpp_type(table, inner)
        case OptionalType(inner=ModuleListType() | ModuleDictType() as inner):
            return cpp_type(table, inner)
        case OptionalType(inner=inner):
            return f"std::optional<{cpp_type(table, inner)}>"
        case ModuleListType(element=element):
            return f"py2cpp::ModuleList<{cpp_type(table, element)}>"
        case ModuleDictType(value=value):
            return f"py2cpp::ModuleDict<{cpp_type(table, value)}>"
        case DequeType(element=element):
            return f"py2cpp::Deque<{cpp_type(table, element)}>"
        case ListType(element=element):
            return f"std::vector<{cpp_type(table, element)}>"
        case TupleType(elements=elements):
            return f"std::tuple<{', '.join(cpp_type(table, element) for element in elements)}>"
        case CounterType(key=key):
            return f"py2cpp::Counter<{_key_type(table, key)}>"
        case DefaultDictType(key=key, value=value):
            return f"py2cpp::DefaultDict<{_key_type(table, key)}, {cpp_type(table, value)}>"
        case DictType(key=key, value=value):
            return f"torch::OrderedDict<{_key_type(table, key)}, {cpp_type(table, value)}>"
        case SetType(element=element):
            return f"py2cpp::Set<{cpp_type(table, element)}>"
        case IteratorType(element=element):
            return f"py2cpp::Iterator<{cpp_type(table, element)}>"
        case FunctionType(parameters=parameters, result=result):
            taken = ", ".join(cpp_type(table, parameter) for parameter in parameters)
            return f"std::function<{result_type(table, result)}({taken})>"
        case ApiType(name=name):
            return api_class(table, name)
        case InstanceType(name=name, kind="object" | "family"):
            return f"std::shared_ptr<{cpp_name(name)}>"
        case InstanceType(name=name):
            return cpp_name(name)


def _key_type(table: Table, type_: Type) -> str:
    """The C++ type of the keys of a dict: the standard library has no hash for tuples."""
    spelled = cpp_type(table, type_)
    return f"py2cpp::TupleKey{spelled.removeprefix('std::tuple')}" if isinstance(type_, TupleType) else spelled


def api_names(type_: Type) -> Iterator[str]:
    """The API classes that a type is made of."""
    match type_:
        case ApiType(name=name):
            yield name
        case OptionalType(inner=part) | ListType(element=part) | SetType(element=part) | IteratorType(element=part):
            yield from api_names(part)
        case ModuleListType(element=part) | ModuleDictType(value=part):
            yield from api_names(part)
        case TupleType(elements=parts):
            yield from (name for part in parts for name in api_names(part))
        case DictType(key=key, value=value):
            yield from (*api_names(key), *api_names(value))
        case FunctionType(parameters=parts, result=part):
            yield from (name for one in (*parts, part) for name in api_names(one))


def result_type(table: Table, type_: Type) -> str:
    """The C++ type of what a function gives; a variable that is None is an undefined tensor instead."""
    return "void" if isinstance(type_, NoneType) else cpp_type(table, type_)


def api_class(table: Table, name: str) -> str:
    """The C++ class of an API class."""
    row = table.find(name)
    return "auto" if row is None else str(row.variants[0].words.get("class", "auto"))


def parameter_type(table: Table, type_: Type, mutated: bool) -> str:
    """How a function takes a value: containers and optimizers by reference, modules and lists of them by value."""
    spelled = cpp_type(table, type_)
    match type_:
        case ModuleListType() | ModuleDictType():
            return spelled
        case NoneType():
            return f"[[maybe_unused]] {spelled}"
        case ListType() | DictType() | SetType() | TupleType():
            if not mutated and _holds_modules(table, type_):
                return spelled  # a module in a constant container could not be called
            return f"{spelled}&" if mutated else f"const {spelled}&"
        case TensorType() | OptionalType(inner=TensorType()):
            return spelled
        case StrType() | FunctionType():
            return f"const {spelled}&"
        case ApiType(name=name) if not (roles.is_module(table, name) or roles.is_nullable(table, name)):
            return spelled if _last(name) in _EMPTY | _COPIED else f"{spelled}&"
        case _:
            return spelled


def _holds_modules(table: Table, type_: Type) -> bool:
    match type_:
        case OptionalType(inner=held) | ListType(element=held) | SetType(element=held) | DictType(value=held):
            return _holds_modules(table, held)
        case TupleType(elements=elements):
            return any(_holds_modules(table, element) for element in elements)
        case _:
            return roles.are_modules(table, type_)


def needs_arguments(table: Table, type_: Type) -> bool:
    """Whether the C++ class of a value is made with arguments alone."""
    if not isinstance(type_, ApiType) or roles.is_module(table, type_.name) or roles.is_nullable(table, type_.name):
        return False
    return _last(type_.name) not in _EMPTY


def _last(name: str) -> str:
    return name.rpartition(".")[2]


#: Classes that C++ makes without arguments.
_EMPTY = frozenset(
    {"dtype", "device", "layout", "memory_format", "Generator", "RemovableHandle", "ndarray", "NestedList"}
)
#: Classes of which a copy is as good: they hold tensors, and nothing changes them.
_COPIED = frozenset({"PackedSequence"})
