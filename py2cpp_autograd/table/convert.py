"""Between the row language's types and the program's: what a parameter accepts, and the type of a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from py2cpp_autograd.table import roles
from py2cpp_autograd.table import signature as sig
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.types import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    NEVER,
    NONE,
    STR,
    ApiType,
    BoolType,
    ComplexType,
    DequeType,
    DictType,
    DtypeCategory,
    FloatType,
    FunctionType,
    InstanceType,
    IntType,
    IteratorType,
    ListType,
    NeverType,
    NoneType,
    OptionalType,
    OrderedDictType,
    RangeType,
    SetType,
    StrType,
    TensorType,
    TupleType,
    Type,
    common_family,
    is_number,
    without_none,
)

#: Stands for the literal value of an argument that is no literal.
NOT_LITERAL = object()

_WORDS: Mapping[str, Type] = {
    "int": INT, "float": FLOAT, "complex": COMPLEX, "bool": BOOL, "str": STR, "None": NONE, "Scalar": FLOAT,
}  # fmt: skip
_CLASSES = {
    "dtype": "torch.dtype",
    "device": "torch.device",
    "Generator": "torch.Generator",
    "Layout": "torch.layout",
    "MemoryFormat": "torch.memory_format",
    "slice": "builtins.slice",
}


@dataclass
class Unifier:
    """The types that `$T` variables stand for in one call."""

    table: Table
    types: dict[str, Type] = field(default_factory=dict)

    def accepts(self, wanted: sig.SigType, given: Type | None, literal: object = NOT_LITERAL) -> bool:
        """Whether a parameter of type `wanted` takes a value of type `given` (None: a function yet to be typed)."""
        match wanted:
            case sig.Maybe(inner):
                if isinstance(given, NoneType):
                    return True
                return self.accepts(inner, given.inner if isinstance(given, OptionalType) else given, literal)
            case sig.Either(options):
                return any(self.accepts(option, given, literal) for option in options)
            case sig.Function():
                return given is None or (isinstance(given, FunctionType) and self._accepts_function(wanted, given))
            case _ if given is None:
                return False
            case sig.Variable(name):
                return self._unify(name, given)
            case sig.Literals(values):
                return isinstance(given, StrType) and literal in values
            case sig.Sequence(element, size):
                return self._accepts_sequence(element, size, given, literal)
            case sig.Product(elements, _):
                return isinstance(given, TupleType) and self._all(elements, given.elements)
            case sig.Mapping(key, value):
                return isinstance(given, DictType) and self.accepts(key, given.key) and self.accepts(value, given.value)
            case sig.Collection(element):
                return isinstance(given, SetType) and self.accepts(element, given.element)
            case sig.Queue(element):
                return isinstance(given, DequeType) and self.accepts(element, given.element)
            case sig.Stream(element):
                return isinstance(given, IteratorType) and self.accepts(element, given.element)
            case sig.Word(name):
                return self._accepts_word(name, given)

    def _accepts_function(self, wanted: sig.Function, given: FunctionType) -> bool:
        if len(wanted.parameters) != len(given.parameters):
            return False
        return isinstance(given.result, NeverType) or self.accepts(wanted.result, given.result)

    def _all(self, wanted: Sequence[sig.SigType], given: Sequence[Type]) -> bool:
        return len(wanted) == len(given) and all(self.accepts(w, g) for w, g in zip(wanted, given, strict=True))

    def _accepts_sequence(self, element: sig.SigType, size: int | None, given: Type, literal: object) -> bool:
        match given:
            case DequeType():
                return False
            case RangeType() if not isinstance(element, sig.Variable):
                return False
            case ListType(fixed=True) if element == sig.Word("Data"):
                return False  # a torch.Size says how large, not what
            case ListType(element=inner):
                return isinstance(inner, NeverType) or self.accepts(element, inner)
            case TupleType(elements=elements):
                return all(self.accepts(element, inner) for inner in elements)
            case _:
                return size is not None and self.accepts(element, given, literal)

    def _accepts_word(self, name: str, given: Type) -> bool:
        match name:
            case "Out":
                return isinstance(given, TensorType)
            case "Data":
                return _is_data(given)
            case "Tensor":
                inner = given.inner if isinstance(given, OptionalType) else given
                return isinstance(inner, TensorType)
            case "Scalar" if isinstance(given, ComplexType):
                return True
            case "complex":
                return isinstance(given, ComplexType)
            case "Scalar" | "float":
                return is_number(given)
            case "int":
                return isinstance(given, IntType)
            case "bool":
                return isinstance(given, BoolType)
            case "str":
                return isinstance(given, StrType)
            case "None":
                return isinstance(given, NoneType)
            case "Size":
                return isinstance(given, ListType | TupleType)
            case "device" if isinstance(given, StrType):
                return True
            case "collections.OrderedDict":
                return isinstance(given, OrderedDictType)
        if isinstance(given, OptionalType) and isinstance(given.inner, ApiType):
            if not roles.is_nullable(self.table, given.inner.name):
                return False
            given = given.inner
        if isinstance(given, InstanceType):
            return given.kind == "module" and roles.is_a(self.table, given.base or roles.MODULE, name)
        return isinstance(given, ApiType) and roles.is_a(self.table, given.name, _CLASSES.get(name, name))

    def _unify(self, name: str, given: Type) -> bool:
        known = self.types.get(name, NEVER)
        if name == "Ordered" and not is_ordered(given):
            return False
        if isinstance(known, NeverType):
            self.types[name] = given
            return True
        if isinstance(given, NeverType) or known == given:
            return True
        if isinstance(known, NoneType):
            self.types[name] = given if isinstance(given, OptionalType) else OptionalType(given)
            return True
        filled = _filled(known, given)
        if filled is not None:
            self.types[name] = filled
            return True
        objects = common_family(known, given)
        if objects is not None:
            self.types[name] = objects
            return True
        if roles.are_modules(self.table, known, given):
            self.types[name] = ApiType(roles.ANY_MODULE, roles.ANY_MODULE)
            return True
        family = roles.common_family(known, given)
        if family is not None:
            self.types[name] = ApiType(family, family)
            return True
        if isinstance(known, TensorType) and isinstance(given, TensorType):
            self.types[name] = TensorType()
            return True
        if isinstance(known, TupleType) and isinstance(given, TupleType):
            both = _of_tensors(known, given)
            self.types[name] = both or known
            return both is not None
        if isinstance(known, OptionalType):
            return given in (NONE, known.inner) or (
                isinstance(known.inner, TensorType) and isinstance(given, TensorType)
            )
        return False  # an int among floats would become a float in C++

    def type_of(self, written: sig.SigType, category: DtypeCategory | None = None) -> Type:
        """The program's type for a type of the row language."""
        match written:
            case sig.Word("Tensor" | "Out"):
                return TensorType(category)
            case sig.Word("Size"):
                return ListType(INT, fixed=True)
            case sig.Word(name):
                return _WORDS.get(name) or roles.instance_of(self.table, self._class(name))
            case sig.Variable(name):
                return self.types.get(name, NEVER)
            case sig.Literals():
                return STR
            case sig.Maybe(inner):
                return OptionalType(without_none(self.type_of(inner, category)))
            case sig.Either(options):
                return self.type_of(options[0], category)
            case sig.Sequence(element, _, fixed):
                return ListType(self.type_of(element, category), fixed)
            case sig.Product(elements, names):
                return TupleType(tuple(self.type_of(element, category) for element in elements), names)
            case sig.Mapping(key, value):
                return DictType(self.type_of(key), self.type_of(value))
            case sig.Collection(element):
                return SetType(self.type_of(element))
            case sig.Queue(element):
                return DequeType(self.type_of(element))
            case sig.Stream(element):
                return IteratorType(self.type_of(element))
            case sig.Function(parameters, result):
                return FunctionType(tuple(map(self.type_of, parameters)), self.type_of(result))

    def _class(self, name: str) -> str:
        key = _CLASSES.get(name, name)
        row = self.table.find(key)
        return key if row is None else row.key


def _of_tensors(a: TupleType, b: TupleType) -> TupleType | None:
    """A tuple for both, which differ in what is known of tensors only: their dtypes, and whether they may be None."""
    if type(a) is not type(b) or a.names != b.names or len(a.elements) != len(b.elements):
        return None
    joined = [_tensor(x, y) for x, y in zip(a.elements, b.elements, strict=True)]
    elements = tuple(element for element in joined if element is not None)
    return replace(a, elements=elements) if len(elements) == len(joined) else None


def _tensor(a: Type, b: Type) -> Type | None:
    if a == b:
        return a
    if isinstance(a, OptionalType) or isinstance(b, OptionalType):
        inner = _tensor(without_none(a), without_none(b))
        return OptionalType(inner) if isinstance(inner, TensorType) else None
    return TensorType() if isinstance(a, TensorType) and isinstance(b, TensorType) else None


def _filled(a: Type, b: Type) -> Type | None:
    """The type of two lists, dicts or sets one of which is empty, so that nobody knows what it holds."""
    match a, b:
        case (ListType(element=one), ListType(element=other)) | (SetType(element=one), SetType(element=other)):
            pass
        case (DictType(key=one), DictType(key=other)):
            pass
        case _:
            return None
    if type(a) is not type(b):
        return None
    return b if isinstance(one, NeverType) else a if isinstance(other, NeverType) else None


def is_ordered(type_: Type) -> bool:
    """Whether `<` and `==` compare such values in C++ as in Python."""
    match type_:
        case ListType(element=element):
            return is_ordered(element)
        case TupleType(elements=elements):
            return all(map(is_ordered, elements))
        case _:
            return is_number(type_) or isinstance(type_, StrType | NeverType)


def _is_data(given: Type) -> bool:
    """Whether a value is a number, or nested lists of numbers or tensors."""
    match given:
        case ListType(element=element):
            return isinstance(element, NeverType | TensorType) or _is_data(element)
        case TupleType(elements=elements):
            return all(isinstance(e, TensorType) for e in elements) or all(map(_is_data, elements))
        case _:
            return is_number(given) or isinstance(given, ComplexType)


def number_type(category: DtypeCategory | None) -> Type:
    """The Python number that a tensor element of that category becomes; unknown for an unknown one."""
    numbers: dict[DtypeCategory | None, Type] = {"float": FLOAT, "int": INT, "bool": BOOL}
    return numbers.get(category, NEVER)


def category_of(type_: Type) -> DtypeCategory | None:
    """The dtype category that a value brings into type promotion; None where it is not known."""
    match type_:
        case TensorType(category=category) | OptionalType(inner=TensorType(category=category)):
            return category
        case FloatType():
            return "float"
        case ComplexType():
            return "complex"
        case BoolType():
            return "bool"
        case IntType():
            return "int"
        case _:
            return None


_ORDER: tuple[DtypeCategory, ...] = ("bool", "int", "float", "complex")


def result_category(rule: str, values: Sequence[Type]) -> DtypeCategory | None:
    """The dtype category of a tensor result under a `result` rule of the row language; None where it is unknown.

    Only what holds for every program is said: "promote" keeps "float" where all tensors are float.
    """
    tensors = [category_of(value) for value in values if isinstance(value, TensorType | OptionalType)]
    tensors += [category for value in values for category in _categories_in(value)]
    match rule:
        case "float" | "int" | "bool" | "complex":
            return rule
        case "same":
            return tensors[0] if tensors else None
        case "sum":
            return _widened("bool", "int", tensors[0] if tensors else None)
        case "real":
            return _widened("complex", "float", tensors[0] if tensors else None)
        case "arithmetic":
            return _promoted(tensors, values)
        case "data":
            return _category_of_data(values[0]) if values else None
        case "inexact":
            promoted = _promoted(tensors, values)
            return "float" if promoted in ("bool", "int") else promoted
        case "promote":
            return "float" if tensors and all(category == "float" for category in tensors) else None
        case _:
            return None


def _category_of_data(value: Type) -> DtypeCategory | None:
    """The category of `torch.tensor(data)`: that of the highest number in nested lists; float when there is none."""
    match value:
        case ListType(element=element):
            return _category_of_data(element)
        case TupleType(elements=elements):
            found = [_category_of_data(element) for element in elements]
            known = [category for category in found if category is not None]
            return max(known, key=_ORDER.index, default="float") if len(known) == len(found) else None
        case NeverType():
            return "float"
        case _:
            return category_of(value)


def _categories_in(value: Type) -> list[DtypeCategory | None]:
    """The categories of the tensors in a list or tuple."""
    match value:
        case ListType(element=TensorType(category=category)):
            return [category]
        case TupleType(elements=elements):
            return [element.category for element in elements if isinstance(element, TensorType)]
        case _:
            return []


def _widened(changed: DtypeCategory, to: DtypeCategory, given: DtypeCategory | None) -> DtypeCategory | None:
    return to if given == changed else given


def _promoted(tensors: Sequence[DtypeCategory | None], values: Sequence[Type]) -> DtypeCategory | None:
    """torch's promotion of all tensors and Python numbers: the highest category, whatever the shapes."""
    scalars = [category_of(value) for value in values if is_number(value) or isinstance(value, ComplexType)]
    if None in tensors or not tensors:
        return None
    return max((category for category in (*tensors, *scalars) if category is not None), key=_ORDER.index)
