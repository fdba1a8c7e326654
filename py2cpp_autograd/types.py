"""The closed set of static types that translated programs are made of.

Every expression of the IR has one of these types. A Python value that fits none of them is refused:
there is no `Any`. `docs/architecture.md` says which C++ type stands for each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeGuard

#: What of a tensor's dtype is known statically; None where nothing is.
DtypeCategory = Literal["float", "int", "bool", "complex"]

#: What a class becomes: a module holder, a shared struct, or an `enum class`; a family is what several have in common.
InstanceKind = Literal["module", "object", "enum", "family"]

#: What a symbol stands for: an API name, a class or function of the program, one of these with some arguments, the name
#: of a class, which is a str, that there is no value, or True or False.
SymbolKind = Literal["api", "class", "function", "partial", "text", "number", "absent", "flag"]


@dataclass(frozen=True, slots=True)
class TensorType:
    """A `torch.Tensor`, `torch::Tensor` in C++."""

    category: DtypeCategory | None = None

    def __str__(self) -> str:
        return "Tensor" if self.category is None else f"Tensor[{self.category}]"


@dataclass(frozen=True, slots=True)
class IntType:
    """A Python int, `int64_t` in C++."""

    def __str__(self) -> str:
        return "int"


@dataclass(frozen=True, slots=True)
class FloatType:
    """A Python float, `double` in C++.

    `loose`: Python may hold an int of the same value (`max(0, x)`), which only arithmetic with a float makes up for.
    `start`: the one value that it may be an int of.
    """

    loose: bool = field(default=False, compare=False)
    start: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return "float"


@dataclass(frozen=True, slots=True)
class ComplexType:
    """A Python complex, `c10::complex<double>` in C++: an argument for tensors, without arithmetic of its own."""

    def __str__(self) -> str:
        return "complex"


@dataclass(frozen=True, slots=True)
class BoolType:
    """A Python bool, `bool` in C++."""

    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True, slots=True)
class StrType:
    """A Python str, `std::string` (UTF-8) in C++."""

    def __str__(self) -> str:
        return "str"


@dataclass(frozen=True, slots=True)
class NoneType:
    """The type of `None`, and of a call that returns nothing (`void`)."""

    def __str__(self) -> str:
        return "None"


@dataclass(frozen=True, slots=True)
class OptionalType:
    """`inner` or None: an undefined `torch::Tensor` for tensors, else `std::optional`."""

    inner: Type

    def __str__(self) -> str:
        return f"{self.inner} | None"


@dataclass(frozen=True, slots=True)
class ListType:
    """A list (or, when `fixed`, a tuple of unknown length or `torch.Size`): `std::vector` in C++."""

    element: Type
    fixed: bool = False

    def __str__(self) -> str:
        return f"tuple[{self.element}, ...]" if self.fixed else f"list[{self.element}]"


@dataclass(frozen=True, slots=True)
class ModuleListType(ListType):
    """An `nn.ModuleList`: a module whose children have one type, `py2cpp::ModuleList` in C++."""

    def __str__(self) -> str:
        return f"ModuleList[{self.element}]"


@dataclass(frozen=True, slots=True)
class DequeType(ListType):
    """A `collections.deque`, `py2cpp::Deque` in C++: a list with two ends, and perhaps a greatest length."""

    def __str__(self) -> str:
        return f"deque[{self.element}]"


@dataclass(frozen=True, slots=True)
class IteratorType:
    """An iterator that is kept, `py2cpp::Iterator` in C++: it gives its values once; copies are the same one."""

    element: Type

    def __str__(self) -> str:
        return f"iterator[{self.element}]"


@dataclass(frozen=True, slots=True)
class RangeType(ListType):
    """A `range` that is kept: in C++ the list of its ints, which nothing changes."""

    def __str__(self) -> str:
        return "range"


@dataclass(frozen=True, slots=True)
class ViewType(ListType):
    """What a dict's `keys`, `values` or `items` gives, where it is kept: in C++ a list, which nothing changes."""

    part: str = "values"

    def __str__(self) -> str:
        return f"dict_{self.part}[{self.element}]"


Constant = str | int | float | bool | None  # what a literal says
Constants = Constant | tuple["Constants", ...]  # and a display of literals


@dataclass(frozen=True, slots=True)
class TupleType:
    """A tuple of known length: `std::tuple` in C++."""

    elements: tuple[Type, ...]
    names: tuple[str, ...] = field(default=(), compare=False)  # of a named tuple

    def __str__(self) -> str:
        return f"tuple[{', '.join(map(str, self.elements))}]"


@dataclass(frozen=True, slots=True)
class MixedListType(TupleType):
    """A list of known length whose values have types of their own, and which nothing changes: a tuple in C++.

    `literals` are its values where all of them are known.
    """

    literals: tuple[Constants, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"list[{', '.join(map(str, self.elements))}]"


@dataclass(frozen=True, slots=True)
class DictType:
    """A dict, in insertion order: `torch::OrderedDict` in C++."""

    key: Type
    value: Type

    def __str__(self) -> str:
        return f"dict[{self.key}, {self.value}]"


@dataclass(frozen=True, slots=True)
class OrderedDictType(DictType):
    """A `collections.OrderedDict`: in C++ a dict like others; its text and `==` are others than a dict's."""

    def __str__(self) -> str:
        return f"OrderedDict[{self.key}, {self.value}]"


@dataclass(frozen=True, slots=True)
class CounterType(DictType):
    """A `collections.Counter`, `py2cpp::Counter` in C++: its values are ints, and 0 for keys that it has not."""

    def __str__(self) -> str:
        return f"Counter[{self.key}]"


@dataclass(frozen=True, slots=True)
class DefaultDictType(DictType):
    """A `collections.defaultdict`, `py2cpp::DefaultDict` in C++: reading a key that it has not makes its value.

    `plain`: the values are made by their own class (`int`, `list`), which the text of the dict names.
    """

    plain: bool = True

    def __str__(self) -> str:
        return f"defaultdict[{self.key}, {self.value}]"


@dataclass(frozen=True, slots=True)
class ModuleDictType(DictType):
    """An `nn.ModuleDict`: a module whose children have one type and names, `py2cpp::ModuleDict` in C++."""

    def __str__(self) -> str:
        return f"ModuleDict[{self.value}]"


@dataclass(frozen=True, slots=True)
class SetType:
    """A set, in CPython's order: `py2cpp::Set` in C++."""

    element: Type

    def __str__(self) -> str:
        return f"set[{self.element}]"


@dataclass(frozen=True, slots=True)
class FunctionType:
    """A function as a value (lambda, closure, function name): a C++ lambda or `std::function`."""

    parameters: tuple[Type, ...]
    result: Type

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.parameters))}) -> {self.result}"


@dataclass(frozen=True, slots=True)
class ApiType:
    """An instance of a class the API table describes, by qualified name (a dtype, a module, an optimizer, ...).

    `family` is the class that stands for any instance of a whole family (any module), `elements` what a container of
    modules is known to hold: neither makes another type.
    """

    name: str
    family: str | None = field(default=None, compare=False)
    elements: tuple[Type, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class InstanceType:
    """An instance of a class the program defines: a module, a plain object, or a member of an enumeration.

    `base`: the API's class that a module's class derives from, where that is more than the base of all modules.
    `order`: an object's class and what that derives from. A family is called "any Shape", and has the order of Shape.
    """

    name: str
    kind: InstanceKind = "module"
    base: str | None = field(default=None, compare=False)
    order: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class SymbolType:
    """A class or function that is used as a value, and known when the program is translated; so are some constants.

    Each has a type of its own, so that the type says all: nothing of it is left in C++.
    """

    name: str
    kind: SymbolKind

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class NeverType:
    """The type of no value yet: the elements of a list that is still empty. Joins with every type; never emitted."""

    def __str__(self) -> str:
        return "unknown"


Type = (
    TensorType
    | IntType
    | FloatType
    | ComplexType
    | BoolType
    | StrType
    | NoneType
    | OptionalType
    | ListType
    | TupleType
    | DictType
    | SetType
    | IteratorType
    | FunctionType
    | ApiType
    | InstanceType
    | SymbolType
    | NeverType
)


def is_vector(type_: Type) -> TypeGuard[ListType]:
    """Whether a value is a plain `std::vector` in C++, with the same items in the same order: a list, tuple or view."""
    return type(type_) in (ListType, ViewType)


TENSOR = TensorType()
INT = IntType()
FLOAT = FloatType()
COMPLEX = ComplexType()
BOOL = BoolType()
STR = StrType()
NONE = NoneType()
NEVER = NeverType()
#: A keyword of `**kwargs` that other calls give.
ABSENT = SymbolType("absent", "absent")


def is_number(type_: Type) -> bool:
    """Whether values of the type are Python numbers (bool included, as in Python)."""
    return isinstance(type_, IntType | FloatType | BoolType)


def is_tensor(type_: Type) -> bool:
    """Whether the type is a tensor that is known not to be None."""
    return isinstance(type_, TensorType)


def is_family(type_: Type) -> bool:
    """Whether a value may be an object of any of the classes that derive from one of the program."""
    return isinstance(type_, InstanceType) and type_.kind == "family"


def family_of(order: tuple[str, ...]) -> InstanceType:
    """The type of objects of a class, or of any that derives from it; `order`: the class and its bases."""
    return InstanceType(f"any {order[0]}", "family", order=order)


def common_family(a: Type, b: Type) -> InstanceType | None:
    """The type of objects of either of two classes that derive from one of the program; None for other types."""
    if not isinstance(a, InstanceType) or not isinstance(b, InstanceType):
        return None
    shared = next((i for i, name in enumerate(a.order) if name in b.order), None)
    return None if shared is None else family_of(a.order[shared:])


def is_module_container(type_: Type | None) -> bool:
    """Whether the type is a list or dict of modules, which is a module itself."""
    return isinstance(type_, ModuleListType | ModuleDictType)


def is_module_instance(type_: Type) -> bool:
    """Whether the type is a module class of the program."""
    return isinstance(type_, InstanceType) and type_.kind == "module"


def without_none(type_: Type) -> Type:
    """`T` for `T | None`, else the type itself."""
    return type_.inner if isinstance(type_, OptionalType) else type_
