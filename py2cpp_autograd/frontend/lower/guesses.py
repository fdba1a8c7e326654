"""The types of parameters of functions that nothing calls, from what the functions do with them.

class Net(nn.Module):
    def __init__(self, width): self.fc = nn.Linear(width, 1)     # nn.Linear takes ints: width is an int
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.annotations import annotated, class_type
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import uses
from py2cpp_autograd.frontend.lower.parameters import FunctionNode
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import INT, TENSOR, Type

_DEPTH = 4


def guess(context: Context, definition: FunctionNode, name: str, class_name: str | None, depth: int = 0) -> Type | None:
    """What the first telling use of a parameter says that it is; None where no use tells."""
    if depth > _DEPTH:
        return None
    key = (definition, name, class_name, depth)
    if key not in context.guesses:
        context.guesses[key] = _guess(context, definition, name, class_name, depth)
    return context.guesses[key]


def _guess(context: Context, definition: FunctionNode, name: str, class_name: str | None, depth: int) -> Type | None:
    spellings = {name}
    bodies: list[cst.CSTNode] = [definition.body]
    if class_name is not None and isinstance(definition, cst.FunctionDef):
        if definition.name.value == "__getitem__" and hierarchy.has_base(context, class_name, roles.DATASET):
            return INT  # what samplers draw
        if definition.name.value == "__init__":
            stored = list(_stored(definition, name))
            spellings |= {f"self.{attribute}" for attribute in stored}
            others = (found.node for found in hierarchy.methods(context, class_name).values())
            bodies += [other.body for other in others if stored and other != definition]

    def asked(called: FunctionNode, parameter: cst.Param, of_class: str | None) -> Type | None:
        stated = annotated(context, parameter.annotation)
        return stated or guess(context, called, parameter.name.value, of_class, depth + 1)

    told = uses.told(context, spellings, class_name, bodies, asked)
    return told.sure or _with_attributes(context, told.attributes) or told.likely


def _with_attributes(context: Context, names: frozenset[str]) -> Type | None:
    """The one type that has these attributes: a tensor, or a class of the program."""
    if not names:
        return None
    tensor = {name for name in names if context.table.find(f"{roles.TENSOR}.{name}") is not None}
    if len(tensor) > len(names - tensor):
        return TENSOR
    found = [name for name in context.classes if name not in context.origins and _has(context, name, names)]
    return class_type(context, found[0]) if len(found) == 1 else None


def _has(context: Context, class_name: str, names: frozenset[str]) -> bool:
    """Whether instances of a class of the program have all of these attributes and methods."""
    known = {*hierarchy.methods(context, class_name), *hierarchy.fields(context, class_name)}
    return all(name in known or hierarchy.assigns(context, class_name, name) for name in names)


def _stored(definition: cst.FunctionDef, name: str) -> Iterator[str]:
    """The attributes that a constructor gives the parameter to."""
    for item in definition.body.body:
        for part in item.body if isinstance(item, cst.SimpleStatementLine) else ():
            match part:
                case cst.Assign(
                    targets=[cst.AssignTarget(target=cst.Attribute(value=cst.Name("self"), attr=cst.Name(attribute)))],
                    value=cst.Name(value=given),
                ) if given == name:
                    yield attribute
