"""The names under which containers hold modules, and the class of each, wherever the program puts one under a name.

    nn.Sequential(OrderedDict([("conv0", nn.Conv2d(3, 8, 3))]))      "conv0": torch.nn.Conv2d
    features.add_module("block%d" % i, Block(n))                     "block{}": Block

Modules of several classes under one name have none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.rows import is_module_type
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import ApiType, StrType, Type

HOLE = "{}"
_CONVERSION = re.compile(r"%[-#0 +]*\d*(?:\.\d+)?[diouxXeEfFgGsr]|\{[^{}]*\}")
#: Stands for all containers: which of them holds what is not told apart.
_CONTAINERS = "containers"


def form_of(node: cst.BaseExpression) -> str:
    """A computed text with `{}` where something is filled in: "layer%d" % i is "layer{}", and a variable "{}"."""
    match node:
        case cst.SimpleString(evaluated_value=str(text)):
            return text
        case cst.FormattedString(parts=parts):
            return "".join(p.value if isinstance(p, cst.FormattedStringText) else HOLE for p in parts)
        case cst.BinaryOperation(operator=cst.Modulo(), left=cst.SimpleString(evaluated_value=str(text))):
            return _CONVERSION.sub(HOLE, text)
        case cst.BinaryOperation(operator=cst.Add(), left=left, right=right):
            return form_of(left) + form_of(right)
        case cst.Call(func=cst.Attribute(value=cst.SimpleString(evaluated_value=str(text)), attr=cst.Name("format"))):
            return _CONVERSION.sub(HOLE, text)
        case _:
            return HOLE


def note_named(context: Context, name: cst.BaseExpression, text: Type, module: ir.Expr) -> None:
    """Remember that a module stands under a name, in whatever it is put into."""
    if not isinstance(text, StrType) or not is_module_type(context, module.type):
        return
    key = ("part", _CONTAINERS, form_of(name))
    if context.assumptions.join(key, module.type) is None:
        context.assumptions.replace(key, ApiType(roles.ANY_MODULE, roles.ANY_MODULE))


def of_containers(context: Context) -> Mapping[str, Type]:
    """The classes of modules by the forms of the names that they stand under."""
    noted = context.assumptions.of("part", _CONTAINERS)
    return {form: type_ for form, type_ in noted.items() if type_ != ApiType(roles.ANY_MODULE)}
