"""The signature binder: a call's arguments to a variant's parameters, by name and type, never by position in C++.

Python keywords are bound to the Python signature first; the backend lays them out in C++ order. Variants are
tried in order, as torch's own argument parser does; the first that accepts the call wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from py2cpp_autograd.nearest import did_you_mean
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.convert import NOT_LITERAL, Unifier, category_of, number_type, result_category
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.table.row import Row, Variant
from py2cpp_autograd.table.signature import Literals, Maybe, Parameter, Product, SigType, Variable, Word, parse_type
from py2cpp_autograd.table.signature import Sequence as ListOf
from py2cpp_autograd.types import (
    NEVER,
    STR,
    ApiType,
    BoolType,
    DictType,
    DtypeCategory,
    FloatType,
    FunctionType,
    ListType,
    ModuleDictType,
    ModuleListType,
    OptionalType,
    StrType,
    TensorType,
    TupleType,
    Type,
    is_module_container,
)

__all__ = ["NOT_LITERAL", "Bound", "CallArgument", "Mismatch", "bind", "parameter_type", "property_type", "setter"]


@dataclass(frozen=True)
class CallArgument:
    """An argument of a call. `type` None: a function, typed by its parameter. `literal`: its constant, if it is one."""

    keyword: str | None
    type: Type | None
    literal: object = NOT_LITERAL
    dtype: DtypeCategory | None = None  # of a dtype constant: what category of tensors it stands for
    starred: bool = False  # `*value`: each of its items is an argument


@dataclass(frozen=True)
class Bound:
    """A call bound to a variant: for each given parameter the indices of its arguments."""

    variant: Variant
    positions: Mapping[str, tuple[int, ...]]
    collected: frozenset[str]
    result: Type
    self_type: Type | None
    variables: Mapping[str, Type] = field(default_factory=dict)  # what the signature's `$T` stand for
    starred: frozenset[int] = frozenset()  # the indices of starred arguments


@dataclass(frozen=True)
class Mismatch:
    """Why no variant takes the call."""

    code: str
    message: str
    help: str | None = None
    argument: int | None = None  # the index of the argument that is to blame
    unknown: str | None = None  # a keyword that no parameter has


def bind(table: Table, row: Row, arguments: Sequence[CallArgument]) -> Bound | Mismatch:
    """Bind the arguments to the first variant of `row` that accepts them."""
    mismatches: list[Mismatch] = []
    for variant in row.variants:
        found = _bind_variant(table, variant, arguments)
        if isinstance(found, Bound):
            return _widened(row, found, arguments) or found
        mismatches.append(found)
    if len(mismatches) > 1:
        return _of_all(row, arguments, mismatches)
    (only,) = mismatches
    if only.code != "PCA306" or only.help is not None:
        return only
    return replace(only, help=_meant(row, mismatches) or f"the signature is: {row.variants[0].signature}")


def _meant(row: Row, mismatches: Sequence[Mismatch]) -> str | None:
    """The parameter that a keyword may have meant: asked for once no variant takes the call, as it takes long."""
    for variant, mismatch in zip(row.variants, mismatches, strict=True):
        if mismatch.unknown is not None:
            found = did_you_mean(mismatch.unknown, (one.name for one in variant.signature.parameters))
            if found is not None:
                return found
    return None


def _widened(row: Row, bound: Bound, arguments: Sequence[CallArgument]) -> Mismatch | None:
    """A bool of which a variant makes a float, where others take ints: in Python a bool is an int."""
    made = bound.result.elements if isinstance(bound.result, TupleType) else (bound.result,)
    if not any(isinstance(type_, FloatType) for type_ in made):
        return None
    for name, indices in bound.positions.items():
        taken = bound.variant.signature.parameter(name)
        others = [variant.signature.parameter(name) for variant in row.variants]
        if taken is None or taken.type != Word("float") or not any(o and o.type == Word("int") for o in others):
            continue
        for index in indices:
            if isinstance(arguments[index].type, BoolType):
                message = f"'{name}' of '{row.key}' is a bool, which counts as an int"
                return Mismatch("PCA403", message, "write int(...) of it", index)
    return None


def _of_all(row: Row, arguments: Sequence[CallArgument], mismatches: Sequence[Mismatch]) -> Mismatch:
    """What to say when no variant takes the call: an argument that C++ lacks, else the signatures tried."""
    for code in ("PCA402", "PCA404"):
        for mismatch in mismatches:
            if mismatch.code == code:
                return mismatch
    tried = "; ".join(str(variant.signature) for variant in row.variants)
    if all(mismatch.code == "PCA306" for mismatch in mismatches):
        return Mismatch("PCA306", mismatches[0].message, _meant(row, mismatches) or f"the signatures are: {tried}")
    given = ", ".join(str(argument.type or "function") for argument in arguments)
    return Mismatch("PCA403", f"no overload of '{row.key}' takes ({given})", f"the overloads are: {tried}")


def _bind_variant(table: Table, variant: Variant, arguments: Sequence[CallArgument]) -> Bound | Mismatch:
    assigned = _assign(variant, arguments)
    if isinstance(assigned, Mismatch):
        return assigned
    positions, collected = assigned
    unifier = Unifier(table)
    for name, indices in positions.items():
        parameter = variant.signature.parameter(name)
        assert parameter is not None
        for index in indices:
            problem = _check(unifier, variant, parameter, arguments[index], name in collected)
            if problem is not None:
                return replace(problem, argument=index)
            if name == "self" and variant.signature.result == Variable("Self"):
                unifier.types["Self"] = arguments[index].type or NEVER
    starred = frozenset(index for index, argument in enumerate(arguments) if argument.starred)
    result = _result(unifier, variant, positions, arguments)
    receiver = None if not positions.get("self") else arguments[positions["self"][0]].type
    return Bound(variant, positions, collected, result, _self(unifier, variant, receiver), unifier.types, starred)


def _assign(
    variant: Variant, arguments: Sequence[CallArgument]
) -> tuple[dict[str, tuple[int, ...]], frozenset[str]] | Mismatch:
    """Which argument goes to which parameter, by Python's rules."""
    parameters = variant.signature.parameters
    positions: dict[str, tuple[int, ...]] = {}
    queue = [parameter for parameter in parameters if not parameter.keyword_only]
    variadic = next((parameter for parameter in parameters if parameter.variadic), None)
    plain = [index for index, argument in enumerate(arguments) if argument.keyword is None]
    before = [parameter for parameter in queue if not parameter.variadic]
    for parameter in before:
        if plain:
            positions[parameter.name] = (plain.pop(0),)
    collected: frozenset[str] = frozenset()
    if variadic is not None:
        given = [arguments[index].type for index in plain]
        as_list = len(plain) == 1 and isinstance(given[0], ListType | TupleType)
        if plain or not variadic.has_default:
            positions[variadic.name] = tuple(plain)
        by_keyword = any(argument.keyword == variadic.name for argument in arguments)
        collected = frozenset() if as_list or by_keyword else frozenset({variadic.name})
    elif plain:
        return Mismatch("PCA306", f"'{variant.key}' takes {len(before)} positional arguments, {len(plain)} too many")
    problem = _assign_keywords(variant, arguments, positions)
    return problem if problem is not None else (positions, collected)


def _assign_keywords(
    variant: Variant, arguments: Sequence[CallArgument], positions: dict[str, tuple[int, ...]]
) -> Mismatch | None:
    signature = variant.signature
    for index, argument in enumerate(arguments):
        if argument.keyword is None:
            continue
        parameter = signature.parameter(argument.keyword) or _of_numpy(variant, argument.keyword)
        if parameter is None:
            message = f"'{variant.key}' has no parameter '{argument.keyword}'"
            return Mismatch("PCA306", message, unknown=argument.keyword)
        if positions.get(parameter.name):
            return Mismatch("PCA306", f"'{variant.key}' got '{parameter.name}' twice")
        positions[parameter.name] = (index,)
    for parameter in signature.parameters:
        if not parameter.has_default and parameter.name not in positions:
            return Mismatch("PCA306", f"'{variant.key}' needs a value for '{parameter.name}'")
    return None


#: NumPy's names of parameters, which torch's argument parser takes beside its own.
_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other"}


def _of_numpy(variant: Variant, keyword: str) -> Parameter | None:
    """The parameter that NumPy's name of it means."""
    return variant.signature.parameter(_NUMPY_NAMES.get(keyword, "")) if variant.is_builtin else None


def _check(
    unifier: Unifier, variant: Variant, parameter: Parameter, argument: CallArgument, collected: bool
) -> Mismatch | None:
    wanted = parameter.type
    if collected and isinstance(wanted, ListOf) and not argument.starred:
        wanted = wanted.element
    of = f"'{parameter.name}' of '{variant.key}'"
    if wanted == Word(roles.MODULE) and parameter.name == "self" and is_module_container(argument.type):
        return None
    computed = _is_computed_word(parameter, argument)
    if not (computed and _takes_computed_words(variant, parameter)) and not unifier.accepts(
        wanted, argument.type, argument.literal
    ):
        if computed:
            return Mismatch("PCA404", f"{of} must be one of {parameter.type}")
        return _mistyped(unifier, of, wanted, argument)
    allowed = variant.absent.get(parameter.name)
    if allowed is not None and not any(_same(argument.literal, value) for value in allowed):
        return Mismatch("PCA402", f"{of} has no C++ counterpart", f"leave it out (it is {allowed[0]!r})")
    return None


def _mistyped(unifier: Unifier, of: str, wanted: SigType, argument: CallArgument) -> Mismatch:
    if argument.type is None and isinstance(wanted, Variable):
        message = f"{of} takes no function here: which values it will be called with is not known"
        return Mismatch("PCA403", message, "define the function with annotated parameters, and call it by its name")
    what = "a function" if argument.type is None else str(argument.type)
    if argument.literal is not NOT_LITERAL:
        what = repr(argument.literal)
    # What a type variable stands for here, the argument before has told.
    known = unifier.types.get(wanted.name, wanted) if isinstance(wanted, Variable) else wanted
    return Mismatch("PCA403", f"{of} is {known}; it does not take {what}")


def _is_computed_word(parameter: Parameter, argument: CallArgument) -> bool:
    """Whether a string that C++ needs as a constant is computed."""
    wanted = _without_none(parameter.type)
    return isinstance(wanted, Literals) and isinstance(argument.type, StrType) and argument.literal is NOT_LITERAL


def _takes_computed_words(variant: Variant, parameter: Parameter) -> bool:
    """Whether the word's constant may be found when the program runs: it chooses no variant."""
    wanted = _without_none(parameter.type)
    return isinstance(wanted, Literals) and len(wanted.values) > 1 and parameter.name not in variant.absent


def _without_none(type_: SigType) -> SigType:
    return type_.inner if isinstance(type_, Maybe) else type_


def _same(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


def _self(unifier: Unifier, variant: Variant, receiver: Type | None) -> Type | None:
    """The receiver's type once its variables are known: how an empty list learns its element type."""
    parameters = variant.signature.parameters
    known = unifier.type_of(parameters[0].type) if unifier.types and parameters else None
    if isinstance(receiver, DictType) and isinstance(known, DictType):
        return replace(receiver, key=known.key, value=known.value)
    return known


def _result(
    unifier: Unifier, variant: Variant, positions: Mapping[str, tuple[int, ...]], arguments: Sequence[CallArgument]
) -> Type:
    if variant.kind == "class":
        return _instance(unifier, variant, arguments)
    rule = variant.words.get("result", "promote")
    written = variant.signature.result
    values = [argument.type for argument in arguments if argument.type is not None]
    if isinstance(rule, list) and isinstance(written, Product):
        categories = [_category(part, positions, arguments, values) for part in rule]
        elements = zip(written.elements, categories, strict=True)
        return TupleType(tuple(unifier.type_of(e, c) for e, c in elements), written.names)
    category = _category(str(rule), positions, arguments, values)
    if written == Word("Scalar"):
        return number_type(result_category("same", values) if rule == "promote" else category)
    return unifier.type_of(written, category)


def _instance(unifier: Unifier, variant: Variant, arguments: Sequence[CallArgument]) -> Type:
    """An instance of an API class; a container of modules knows what it holds."""
    if "holds" in variant.words:
        held = unifier.types.get(variant.words["holds"], NEVER)
        in_order = variant.signature.parameters[0].type == ListOf(Variable(variant.words["holds"]), None)
        return ModuleListType(held, fixed=True) if in_order else ModuleDictType(STR, held)
    known = () if "spread" not in variant.words else tuple(_held(unifier, argument) for argument in arguments)
    plain = not any(isinstance(type_, ListType) for type_ in known)
    return roles.instance_of(unifier.table, variant.key, known if plain else ())


def _held(unifier: Unifier, argument: CallArgument) -> Type:
    """What a container of modules is known to hold; of a nested one, only that it is a module."""
    if argument.type is None or roles.is_sequential(unifier.table, argument.type):
        return ApiType(roles.ANY_MODULE, roles.ANY_MODULE)
    return argument.type


def _category(
    rule: str, positions: Mapping[str, tuple[int, ...]], arguments: Sequence[CallArgument], values: Sequence[Type]
) -> DtypeCategory | None:
    """A `result` rule applied to a call; one that names a dtype parameter takes that dtype, "|" what follows it."""
    parameter, _, otherwise = rule.partition("|")
    if positions.get(parameter):
        given = arguments[positions[parameter][0]]
        if given.dtype is not None or isinstance(given.type, ApiType):
            return given.dtype
        if isinstance(given.type, TensorType) or given.literal is not None:
            return category_of(given.type) if given.type is not None else None
    return result_category(otherwise or parameter, values)


def parameter_type(table: Table, bound: Bound, name: str) -> Type | None:
    """The type that a parameter wants, for arguments that take their type from it (lambdas, which are not None)."""
    parameter = bound.variant.signature.parameter(name)
    wanted = None if parameter is None else Unifier(table, dict(bound.variables)).type_of(parameter.type)
    if isinstance(wanted, OptionalType) and isinstance(wanted.inner, FunctionType):
        return wanted.inner
    return wanted


def property_type(table: Table, variant: Variant, self_type: Type | None = None) -> Type:
    """The type of a property (word `type`, or the result of `sig`), or of a constant."""
    values = [] if self_type is None else [self_type]
    rule = str(variant.words.get("result", "promote"))
    written = variant.words.get("type")
    type_ = variant.signature.result if written is None else parse_type(written)
    return Unifier(table).type_of(type_, result_category(rule, values))


def setter(table: Table, row: Row, value: Type) -> Variant | None:
    """The variant whose `set` takes a value of that type; word `value` narrows it, else the property's type."""
    for variant in row.variants:
        if "set" not in variant.words:
            continue
        written = variant.words.get("value_type") or variant.words.get("type")
        wanted = variant.signature.result if written is None else parse_type(written)
        if Unifier(table).accepts(wanted, value):
            return variant
    return None
