"""`torch.save` and `torch.load`: what a file holds is known from the calls that write it.

A file is known by how its path is written: `torch.load(PATH)` gives what `torch.save(..., PATH)` was given. Where no
path is written in the same way, it is what all calls save, if that is of one type; where nothing is saved, the state of
a module. The C++ makes sure that it is so when it reads the file.
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.frontend.lower.classes import dict_classes
from py2cpp_autograd.frontend.scope import Key
from py2cpp_autograd.held_types import is_loose
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    STR,
    TENSOR,
    ApiType,
    BoolType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    NeverType,
    OptionalType,
    StrType,
    TensorType,
    TupleType,
    Type,
    is_module_container,
)

#: The files do not hold values of one type.
_SEVERAL: Key = ("saved", "several")
_ANYWHERE: Key = ("saved anywhere",)
_STATE = DictType(STR, TENSOR)


def save(context: Context, node: cst.Call) -> ir.Expr:
    """`torch.save(value, path)`."""
    made = rows.call(context, node, roles.SAVE, node.args, None)
    assert isinstance(made, ir.Apply)
    value = next(argument.value for argument in made.arguments if argument.parameter == "obj")
    if not is_settled(value.type):
        context.pending(node)
    if not _can_be_saved(context, value.type):
        message = f"a {value.type} in a file has no translation"
        context.refuse("PCA303", node, message, "save tensors, numbers, strings, and lists or dicts of these")
    joined = context.assumptions.join(_file(context, node), value.type)
    context.settled(joined, node, "the file")
    if context.assumptions.join(_ANYWHERE, value.type) is None:
        context.assumptions.note(_SEVERAL)
    return made


def load(context: Context, node: cst.Call) -> ir.Expr:
    """`torch.load(path)`."""
    arguments = [argument for argument in node.args if not _places_storages(argument)]
    made = rows.call(context, node, roles.LOAD, arguments, None)
    assert isinstance(made, ir.Apply)
    held = context.assumptions.get(_file(context, node))
    if isinstance(held, NeverType):
        context.wait(node)  # for what the program saves itself
        held = context.assumptions.get(_ANYWHERE)
        if _SEVERAL in context.assumptions.facts:
            message = "which of the values that are saved this file holds is not known"
            context.refuse("PCA301", node, message, "write the path as it is written where the file is saved")
    return replace(made, type=_STATE if isinstance(held, NeverType) else held)


def _places_storages(argument: cst.Arg) -> bool:
    """`map_location=lambda storage, location: storage`: on the CPU, where everything is."""
    is_location = argument.keyword is not None and argument.keyword.value == "map_location"
    match argument.value:
        case cst.Lambda(params=cst.Parameters(params=[first, _]), body=cst.Name(value=body)):
            return is_location and first.name.value == body
        case _:
            return False


def _file(context: Context, node: cst.Call) -> Key:
    """The assumption that holds what is in a file, by how its path is written."""
    paths = [argument for argument in node.args if argument.keyword is None or argument.keyword.value == "f"]
    place = paths[-1] if paths else node
    return ("saved", context.source.module.code_for_node(place.value if isinstance(place, cst.Arg) else place))


def _can_be_saved(context: Context, type_: Type) -> bool:
    match type_:
        case TensorType() | BoolType() | IntType() | StrType():
            return True
        case FloatType():
            return not is_loose(type_)
        case OptionalType(inner=inner):
            return _can_be_saved(context, inner)
        case ListType(element=element, fixed=fixed):
            return not fixed and not is_module_container(type_) and _can_be_saved(context, element)
        case TupleType(elements=elements, names=names):
            plain = type(type_) is TupleType and not names
            return plain and all(_can_be_saved(context, element) for element in elements)
        case DictType(key=key, value=value):
            plain = not is_module_container(type_) and isinstance(key, StrType | IntType)
            return plain and _can_be_saved(context, value)
        case InstanceType(name=name) if name in context.dict_classes:
            context.assumptions.note(("saved class", name))
            return all(_can_be_saved(context, held) for _, _, held in dict_classes.declared(context, name))
        case ApiType(name=name):
            return roles.is_saved(context.table, name)
        case _:
            return False
