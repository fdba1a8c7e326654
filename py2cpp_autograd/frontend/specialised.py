"""Classes that are made with arguments of several types, such as classes: one class of its own in C++ for each.

The first is called as in Python, the next `Block_2`, ... All are one class of Python: they share its definition.
So do methods that are called with arguments of several types: `forward`, and `forward_2` for calls with another flag.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import join
from py2cpp_autograd.frontend.scope import Key
from py2cpp_autograd.types import Type

#: A class that makes itself with ever new types has no end of them.
_MOST = 16


def origin(context: Context, name: str) -> str:
    """The class of Python that a class of C++ stands for."""
    return context.origins.get(name, name)


def shown(context: Context, name: str) -> str:
    """What Python calls the class that a class of C++ stands for."""
    found = origin(context, name)
    if found in context.source.written_for:
        return context.source.written_for[found]
    return context.source.homes[found].name if found in context.source.homes else found


def restore(context: Context) -> None:
    """Define what earlier rounds have found."""
    for fact in sorted(context.assumptions.facts.starting("specialised")):
        _define(context, str(fact[1]), str(fact[2]))


def _define(context: Context, name: str, special: str) -> None:
    context.classes[special] = context.classes[name]
    context.origins[special] = name


def choose(context: Context, name: str, parameters: Sequence[str], types: Sequence[Type]) -> str:
    """The class whose constructor takes arguments of these types, or a new one."""
    for candidate in _candidates(context, name):
        if _takes(context, f"{candidate}.__init__", parameters, types):
            return candidate
    if not _may_be_several(context, name) or len(list(_candidates(context, name))) >= _MOST:
        return name
    number = 2
    while is_taken(context, f"{name}_{number}"):
        number += 1
    special = f"{name}_{number}"
    context.assumptions.note(("specialised", name, special))
    _define(context, name, special)
    return special


def choose_method(
    context: Context, class_name: str, name: str, parameters: Sequence[str], types: Sequence[Type]
) -> str:
    """The method that takes arguments of these types, `forward` or `forward#2`, or a new one."""
    special = [str(fact[3]) for fact in _variants(context, class_name) if fact[2] == name]
    for candidate in (name, *special):
        if _takes(context, f"{class_name}.{candidate}", parameters, types):
            return candidate
    if len(special) + 1 >= _MOST:
        return name
    made = f"{name}#{len(special) + 2}"
    context.assumptions.note(("method variant", class_name, name, made))
    return made


def _takes(context: Context, identity: str, parameters: Sequence[str], types: Sequence[Type]) -> bool:
    """Whether a method, as far as is known, takes arguments of these types."""
    known = (context.assumptions.expected(("variable", identity, parameter, 1)) for parameter in parameters)
    return all(join(a, b) is not None for a, b in zip(known, types, strict=True))


def variants_of_methods(context: Context, class_name: str) -> dict[str, str]:
    """The methods of a class that are there once more, by what the others are called."""
    return {str(fact[3]): str(fact[2]) for fact in _variants(context, class_name)}


def _variants(context: Context, class_name: str) -> list[Key]:
    return sorted(context.assumptions.facts.starting("method variant", class_name))


def _candidates(context: Context, name: str) -> Iterator[str]:
    yield name
    yield from [special for special, known in context.origins.items() if known == name]


def _may_be_several(context: Context, name: str) -> bool:
    """Whether nothing tells the objects of one class from those of another: no attribute of the class changes."""
    return not context.assumptions.facts.starting("class attribute assigned", name)


def is_taken(context: Context, name: str) -> bool:
    """Whether a name means something in the program, so that no class of ours can have it."""
    scope = context.module_scope
    known = name in context.classes or name in context.imports or name in scope.functions
    return known or name in scope.bindings.counts or name in context.source.once(names_used, context.source.module)
