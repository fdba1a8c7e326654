"""The classes of the program: what they are, their order of method resolution, and the members that this finds.

A class is lowered whole for each concrete class: what it inherits is looked up here as Python does it, so that a method
of a base class sees the overriding methods and the attributes of the class that it runs in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import libcst as cst

from py2cpp_autograd import exceptions
from py2cpp_autograd.frontend import dataclass_methods
from py2cpp_autograd.frontend.assigned_attributes import assigned
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import ApiType, InstanceKind, InstanceType, Type

ClassKind = Literal["module", "object", "enum", "tuple", "function", "exception", "unknown"]
MethodKind = Literal["method", "static", "class", "property", "setter"]

#: (MADE, class): the program makes objects of the class.
MADE = "made"
#: What dicts that are objects do as other objects.
DICT_METHODS = ("__eq__", "__repr__")
#: Bases that add nothing that C++ could need.
_TRANSPARENT = frozenset(
    {"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol", roles.DATASET, roles.STREAM, roles.SAMPLER}
)
_DECORATED: dict[str, MethodKind] = {
    "builtins.staticmethod": "static", "builtins.classmethod": "class", "builtins.property": "property",
}  # fmt: skip


@dataclass(frozen=True)
class Method:
    """A function of a class body, and the class that it stands in."""

    owner: str
    node: cst.FunctionDef
    kind: MethodKind
    written: bool = False  # not in the source: by `@dataclass`, or in a class that a row writes out

    @property
    def compares(self) -> bool:
        """Whether it compares objects of one class alone, as `@dataclass` writes it."""
        name = self.node.name.value
        return self.written and (name == "__eq__" or name in dataclass_methods.ORDERS)

    @property
    def skip(self) -> int:
        """How many parameters Python fills in: self, or cls."""
        return 0 if self.kind == "static" else 1


@dataclass(frozen=True)
class Attribute:
    """A class attribute: its value, and the class that it stands in."""

    owner: str
    value: cst.BaseExpression
    annotation: cst.Annotation | None


def base_names(context: Context, name: str) -> list[cst.BaseExpression]:
    """The bases as they are written; `Generic[T]` is `Generic`."""
    written = [base.value for base in context.classes[name].bases]
    return [base.value if isinstance(base, cst.Subscript) else base for base in written]


def user_bases(context: Context, name: str) -> list[str]:
    """The bases that the program defines."""
    bases = base_names(context, name)
    return [base.value for base in bases if isinstance(base, cst.Name) and base.value in context.classes]


def api_bases(context: Context, name: str) -> list[str]:
    """The qualified names of the other bases of a class and of what it derives from; "" for what is no name."""
    key = name, len(context.classes), len(context.imports)
    if key not in context.api_bases:
        with context.within(context.module_scope):
            names = [_api_name(context, base) for user in mro(context, name) for base in base_names(context, user)]
        context.api_bases[key] = [found for found in names if found is not None and found not in _TRANSPARENT]
    return context.api_bases[key]


def has_base(context: Context, name: str, base: str) -> bool:
    """Whether a class of the program derives from a class of the API, be it one that adds nothing."""
    with context.within(context.module_scope):
        bases = [found for user in mro(context, name) for found in base_names(context, user)]
        return any(context.qualified(found) == base for found in bases)


def _api_name(context: Context, base: cst.BaseExpression) -> str | None:
    """The qualified name of a base; None where it is a class of the program."""
    is_own = isinstance(base, cst.Name) and base.value in context.classes
    return None if is_own else context.qualified(base) or ""


def lacking(context: Context, name: str) -> str | None:
    """An abstract method, for which Python makes no instance of the class; None where it makes one."""
    marked = {context.qualified(base) for user in mro(context, name) for base in base_names(context, user)}
    if "typing.Protocol" in {context.qualified(base) for base in base_names(context, name)}:
        return "a protocol"
    if "abc.ABC" not in marked:
        return None
    return next((method for method, found in methods(context, name).items() if is_abstract(context, found)), None)


def is_abstract(context: Context, definition: Method) -> bool:
    """Whether a method is there for other classes to define."""
    names = [context.qualified(decorator.decorator) for decorator in definition.node.decorators]
    return "abc.abstractmethod" in names


def mro(context: Context, name: str) -> tuple[str, ...]:
    """The program's classes in the order in which Python looks an attribute up (C3); the class itself where none is."""
    key = name, len(context.classes)
    if name not in context.classes:
        return ()  # a family
    if key not in context.orders:
        context.orders[key] = _linear(context, name, ()) or (name,)
    return context.orders[key]


def _linear(context: Context, name: str, above: tuple[str, ...]) -> tuple[str, ...] | None:
    if name in above:
        return None
    bases = user_bases(context, name)
    orders = [_linear(context, base, (*above, name)) for base in bases]
    merged = _merge([list(order) for order in orders if order is not None] + [bases])
    return None if merged is None or None in orders else (name, *merged)


def _merge(orders: list[list[str]]) -> list[str] | None:
    merged: list[str] = []
    while any(orders):
        orders = [order for order in orders if order]
        head = next((o[0] for o in orders if not any(o[0] in other[1:] for other in orders)), None)
        if head is None:
            return None
        merged.append(head)
        orders = [[name for name in order if name != head] for order in orders]
    return merged


def is_linear(context: Context, name: str) -> bool:
    """Whether Python can order the bases of a class."""
    return _linear(context, name, ()) is not None


#: The bases of enumerations, and what their members are besides.
_ENUMERATIONS: dict[tuple[str, ...], type | None] = {
    ("enum.Enum",): None,
    ("enum.IntEnum",): int,
    ("builtins.int", "enum.Enum"): int,
    ("enum.StrEnum",): str,
    ("builtins.str", "enum.Enum"): str,
}


def mixed_in(context: Context, type_: Type) -> type | None:
    """What members of an enumeration are besides, an int or a str; None for all else."""
    if not isinstance(type_, InstanceType) or type_.kind != "enum":
        return None
    return _ENUMERATIONS[tuple(api_bases(context, type_.name))]


def shows_value(context: Context, name: str) -> bool:
    """Whether the text of members is that of their values: IntEnum and StrEnum say so."""
    return tuple(api_bases(context, name)) in (("enum.IntEnum",), ("enum.StrEnum",))


def kind_of(context: Context, name: str) -> ClassKind:
    """What a class is, by its bases."""
    bases = api_bases(context, name)
    if any(roles.is_function(context.table, base) for base in bases):
        return "function"
    if any(roles.is_module(context.table, base) for base in bases):
        return "module"
    if tuple(bases) in _ENUMERATIONS:
        return "enum"
    if bases in (["typing.NamedTuple"], ["collections.namedtuple"]):
        return "tuple"
    if bases and {base.removeprefix("builtins.") for base in bases} <= exceptions.BASES.keys() - {exceptions.EXIT}:
        return "exception"
    return "unknown" if bases else "object"


def instance_type(context: Context, name: str) -> InstanceType:
    """The type of an instance of a class of the program."""
    kinds: dict[str, InstanceKind] = {"module": "module", "enum": "enum"}
    kind = kind_of(context, name)
    order = mro(context, name) if kind == "object" else ()
    return InstanceType(name, kinds.get(kind, "object"), extended(context, name), order)


def extended(context: Context, name: str) -> str | None:
    """The layer of the API that a class of modules derives from; None for what is only a module."""
    for base in api_bases(context, name):
        row = context.table.find(base)
        if row is not None and row.key != roles.MODULE and roles.is_module(context.table, row.key):
            return roles.derived(context.table, row.key)
    return None


def api_class(type_: InstanceType) -> ApiType:
    """The class of the API whose attributes a module of the program has."""
    return ApiType(type_.base or roles.MODULE)


def has_api_attribute(context: Context, type_: InstanceType, name: str) -> bool:
    """Whether a module of the program has an attribute from the API's class that it derives from."""
    api = api_class(type_)
    row = context.table.find(api.name)
    return context.table.attribute(api, name) is not None or (row is not None and name in row.variants[0].state)


def is_derived_from(context: Context, name: str, base: str) -> bool:
    """Whether a class is another class of the program, or derives from it."""
    order = mro(context, name)
    return base in order or base in [context.origins.get(user) for user in order]


def members_of(context: Context, family: InstanceType) -> list[str]:
    """The classes whose objects a value of a family may be, as far as the program is known to make any."""
    made = (name for name in context.classes if (MADE, name) in context.assumptions.facts)
    return [name for name in made if family.order[0] in mro(context, name)]


def has_method(context: Context, type_: InstanceType, wanted: str) -> bool:
    """Whether objects of a type have a method: of a family, those of some class."""
    owners = members_of(context, type_) if type_.kind == "family" else [type_.name]
    return any(method(context, owner, wanted) is not None for owner in owners)


def is_base(context: Context, name: str) -> bool:
    """Whether another class of the program derives from this one."""
    return any(name in mro(context, other)[1:] for other in context.classes)


# --------------------------------------------------------------------------------------------- members


def own_methods(context: Context, name: str) -> Iterator[tuple[str, Method]]:
    """The functions in a class body; the setter of property `n` is called `n.setter`."""
    for item in context.classes[name].body.body:
        if isinstance(item, cst.FunctionDef):
            kind = _method_kind(context, item)
            made = Method(name, item, kind, written=name in context.source.own_bases)
            yield f"{item.name.value}.setter" if kind == "setter" else item.name.value, made


def _method_kind(context: Context, node: cst.FunctionDef) -> MethodKind:
    for decorator in node.decorators:
        written = decorator.decorator
        if isinstance(written, cst.Attribute) and written.attr.value == "setter":
            return "setter"
        found = _DECORATED.get(context.qualified(written) or "")
        if found is not None:
            return found
    return "method"


def methods(context: Context, name: str) -> dict[str, Method]:
    """All methods that instances of a class have, the inherited ones behind its own."""
    key = name, len(context.classes), len(context.imports)  # which say what decorators are
    if key not in context.methods:
        context.methods[key] = _methods(context, name)
    return context.methods[key]


def _methods(context: Context, name: str) -> dict[str, Method]:
    found: dict[str, Method] = {}
    for user in mro(context, name):
        for method, definition in own_methods(context, user):
            found.setdefault(method, definition)
        for method, definition in _written_methods(context, user):
            found.setdefault(method, definition)
    return found


def dataclass_fields(context: Context, name: str) -> list[dataclass_methods.Field]:
    """The fields of a dataclass and of the dataclasses that it derives from."""
    return dataclass_methods.fields_of(context, [context.classes[user] for user in reversed(mro(context, name))])


def is_frozen(context: Context, name: str) -> bool:
    """Whether the attributes of instances cannot be assigned."""
    options = [dataclass_methods.decoration(context, context.classes[user]) for user in mro(context, name)]
    return any(option is not None and option.get("frozen", False) for option in options)


def _written_methods(context: Context, name: str) -> Iterator[tuple[str, Method]]:
    """The methods that `@dataclass` writes into a class, and those of a dict."""
    if name in context.dict_classes:
        for method in DICT_METHODS:
            yield method, Method(name, context.written[name, method], "method", written=True)
        return
    node = context.classes[name]
    if dataclass_methods.is_totally_ordered(context, node):
        yield from _missing_orders(context, name)
    options = dataclass_methods.decoration(context, node)
    if options is None:
        return
    orders = tuple((method, "order") for method in dataclass_methods.ORDERS)
    for method, option in (("__init__", "init"), ("__eq__", "eq"), ("__repr__", "repr"), *orders):
        if options.get(option, option != "order"):
            if (name, method) not in context.written:
                context.written[name, method] = _write(context, name, method)
            yield method, Method(name, context.written[name, method], "method", written=True)


def _write(context: Context, name: str, method: str) -> cst.FunctionDef:
    node, fields = context.classes[name], dataclass_fields(context, name)
    if method == "__init__":
        after = any("__post_init__" in dict(own_methods(context, user)) for user in mro(context, name))
        return dataclass_methods.init(context, node, fields, after)
    if method in dataclass_methods.ORDERS:
        return dataclass_methods.order(context, node, fields, method)
    made = dataclass_methods.equality if method == "__eq__" else dataclass_methods.representation
    return made(context, node, fields)


def _missing_orders(context: Context, name: str) -> Iterator[tuple[str, Method]]:
    """The comparisons that `functools.total_ordering` writes into a class."""
    known = {method for user in mro(context, name) for method, _ in own_methods(context, user)}
    for method in dataclass_methods.ORDERS:
        made = dataclass_methods.missing_order(context, context.classes[name], known, method)
        if made is not None:
            yield method, Method(name, context.written.setdefault((name, method), made), "method", written=True)


def method(context: Context, name: str, wanted: str) -> Method | None:
    """The method that an attribute of an instance is."""
    return methods(context, name).get(wanted)


def next_method(context: Context, name: str, owner: str, wanted: str) -> Method | None:
    """The method that `super()` in class `owner` finds when the object is of class `name`."""
    order = mro(context, name)
    behind = order[order.index(owner) + 1 :] if owner in order else ()
    for user in behind:
        for method_name, definition in (*own_methods(context, user), *_written_methods(context, user)):
            if method_name == wanted:
                return definition
    return None


def own_attributes(context: Context, name: str) -> dict[str, Attribute]:
    """The class attributes of a class body that have a value."""
    values = context.source.once(class_values, context.classes[name])
    return {attribute: Attribute(name, value, annotation) for attribute, (value, annotation) in values.items()}


def class_values(node: cst.ClassDef) -> dict[str, tuple[cst.BaseExpression, cst.Annotation | None]]:
    """The values in the body of a class, with their annotations."""
    found: dict[str, tuple[cst.BaseExpression, cst.Annotation | None]] = {}
    for item in node.body.body:
        for part in item.body if isinstance(item, cst.SimpleStatementLine) else ():
            match part:
                case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=attribute))], value=value):
                    found[attribute] = value, None
                case cst.AnnAssign(target=cst.Name(value=attribute), annotation=annotation, value=value) if value:
                    found[attribute] = value, annotation
    return found


def fields(context: Context, name: str) -> set[str]:
    """The variables that the bodies of a class and of its bases declare or assign."""
    parts = [
        part
        for user in mro(context, name)
        for item in context.classes[user].body.body
        for part in (item.body if isinstance(item, cst.SimpleStatementLine) else ())
    ]
    targets = [part.target for part in parts if isinstance(part, cst.AnnAssign)]
    targets += [target.target for part in parts if isinstance(part, cst.Assign) for target in part.targets]
    return {target.value for target in targets if isinstance(target, cst.Name)}


def attribute(context: Context, name: str, wanted: str) -> Attribute | None:
    """The class attribute that an attribute of the class is."""
    for user in mro(context, name):
        values = context.source.once(class_values, context.classes[user])
        if wanted in values:
            return Attribute(user, *values[wanted])
    return None


def assigns(context: Context, name: str, wanted: str) -> bool:
    """Whether some method of the class assigns an attribute `wanted`, so that a later round may know its type."""
    return any(wanted in context.source.once(assigned, context.classes[user]) for user in mro(context, name))
