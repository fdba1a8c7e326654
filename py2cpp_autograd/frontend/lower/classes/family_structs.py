"""Which structs stand for objects of several classes, what the program asks of them, and which of them a class is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import FAMILY
from py2cpp_autograd.types import family_of

#: (VIRTUAL, family, method): the program calls a method on objects of any class of a family.
VIRTUAL = "virtual"
#: (SHARED, family, attribute): it reads or writes an attribute of such objects.
SHARED = "shared attribute"


def above(context: Context, class_name: str) -> tuple[str, ...]:
    """The families that a class, or a family, stands below, the nearest ones."""
    family = class_name.removeprefix("any ")
    order = hierarchy.mro(context, family)
    is_member = family == class_name and (hierarchy.MADE, class_name) in context.assumptions.facts
    known = [name for name in order[0 if is_member else 1 :] if (FAMILY, f"any {name}") in context.assumptions.facts]
    if family == class_name and not is_member:
        return ()
    nearer = [name for one in known for name in hierarchy.mro(context, one)[1:]]
    return tuple(f"any {name}" for name in known if name not in nearer)


def check_bases(context: Context, class_name: str) -> None:
    """Refuse a class that C++ would derive from one struct in two ways, or from two with one attribute."""
    seen: set[str] = set()
    for family in above(context, class_name):
        whole = {family, *_all_above(context, family)}
        parts = whole | {f".{name}" for one in whole for name in _facts(context, one, SHARED)}
        if parts & seen:
            message = f"what objects of class '{class_name}' have in common with others comes from two bases"
            context.refuse("PCA102", context.classes[class_name].name, message, "derive it from one of them")
        seen |= parts


def asked_of(context: Context, family: str, kind: str) -> list[str]:
    """What the program asks of a family itself: what those above it have is theirs."""
    inherited = {name for one in _all_above(context, family) for name in _facts(context, one, kind)}
    return sorted(set(_facts(context, family, kind)) - inherited)


def _all_above(context: Context, name: str) -> Iterator[str]:
    for family in above(context, name):
        yield family
        yield from _all_above(context, family)


def _facts(context: Context, family: str, kind: str) -> list[str]:
    return [str(fact[2]) for fact in context.assumptions.facts.starting(kind, family)]


def asked_through(context: Context, class_name: str) -> tuple[frozenset[str], frozenset[str]]:
    """The methods of a class that override those of its families, and the attributes that it has from them."""
    families = list(_all_above(context, class_name))
    methods = frozenset(name for family in families for name in _facts(context, family, VIRTUAL))
    fields = frozenset(name for family in families for name in _facts(context, family, SHARED))
    return methods, fields


def declared(context: Context) -> Iterator[ir.Family]:
    """The families of the program, with what it asks of them."""
    for fact in sorted(context.assumptions.facts.starting(FAMILY)):
        name = str(fact[1])
        base = name.removeprefix("any ")
        owners = hierarchy.members_of(context, family_of(hierarchy.mro(context, base)))
        made = [context.built_classes[owner] for owner in owners if owner in context.built_classes]
        first = next((one for one in made if isinstance(one, ir.Class)), None)
        if first is None:
            continue
        methods = {one.name: one for one in first.methods}
        fields = {one.name: one for one in first.fields}
        yield ir.Family(
            name,
            above(context, name),
            tuple(
                replace(methods[one], body=(), guards=(), leading=())
                for one in asked_of(context, name, VIRTUAL)
                if one in methods
            ),
            tuple(fields[one] for one in asked_of(context, name, SHARED) if one in fields),
            context.span(context.classes[base]),
        )
