"""`nn.DataParallel(net)`: on one device, or none but the CPU, a module that has the other under `module` and calls it.

Its class is written here as Python, for each class of module, and lowered like a class of the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import own_classes, rows
from py2cpp_autograd.frontend.lower.classes import members
from py2cpp_autograd.frontend.own_names import SPELLED
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import InstanceType, Type

_CLASS: Final = '''
class {name}({library}.nn.Module):
    """What nn.DataParallel makes of a {module}."""
    def __init__(self, module):
        super().__init__()
        if {library}.cuda.device_count() > 1:
            raise RuntimeError("several devices have no translation")
        self.module = module

    def forward(self, {taken}):
        return self.module({given})
'''
_PARAMETERS: Final = ("module", "device_ids", "output_device", "dim")
_KIND: Final = "parallel of"


def restore(context: Context) -> None:
    """Define the classes that earlier rounds have found."""
    _defined(context)


def _defined(context: Context) -> list[str]:
    """The classes that have been found, each defined."""
    return [_define(context, *map(str, fact[1:])) for fact in sorted(context.assumptions.facts.starting(_KIND))]


def is_made(context: Context, type_: Type) -> bool:
    """Whether a module is one around another."""
    return str(type_) in _defined(context)


def lower(context: Context, node: cst.Call) -> ir.Expr:
    """The module around the one that is given; which devices are named makes no difference on one."""
    given = own_classes.named_arguments(node, _PARAMETERS)
    if given is None:
        at = [*(one for one in node.args if one.star), *node.args[len(_PARAMETERS) :]][0]
        context.refuse("PCA104", at, "only plain arguments have a translation here")
    if "module" not in given or set(given) - set(_PARAMETERS):
        context.refuse("PCA306", node, "DataParallel takes a module, device_ids, output_device and dim")
    for name, value in given.items():
        if name != "module" and not _is_plain(value):
            context.refuse("PCA402", value, f"'{name}' of DataParallel has no translation", f"leave {name} out")
    module = context.expression(given["module"]).type
    if not rows.is_module_type(context, module) or roles.is_open(module):
        context.refuse("PCA303", node, f"DataParallel takes a module whose class is known, not {module}")
    taken, passed = "input", "input"
    if isinstance(module, InstanceType):
        taken, passed = _parameters(context, node, module.name)
    context.assumptions.note((_KIND, str(module), taken, passed))
    name = _define(context, str(module), taken, passed)
    call = cst.Call(cst.Name(name), [cst.Arg(given["module"])])
    context.place_at(call, context.span(node))
    return members.lower_new(context, call, name)


def _is_plain(node: cst.BaseExpression) -> bool:
    """Whether the value of an argument that says nothing on one device comes about without doing anything."""
    match node:
        case cst.Name() | cst.Integer() | cst.Attribute(value=cst.Name()):
            return True
        case cst.List(elements=elements):
            return all(_is_plain(element.value) for element in elements)
        case cst.Call(func=cst.Name("list" | "range"), args=args):
            return all(_is_plain(argument.value) for argument in args)
        case cst.Call(func=cst.Attribute(attr=cst.Name("device_count")), args=[]):
            return True
        case _:
            return False


def _parameters(context: Context, node: cst.Call, class_name: str) -> tuple[str, str]:
    """The parameters of the module's `forward`, and the arguments that hand them on."""
    method = hierarchy.method(context, class_name, "forward")
    if method is None:
        context.refuse("PCA305", node, f"'{class_name}' has no forward")
    written = method.node.params
    starred = isinstance(written.star_arg, cst.Param | cst.ParamStar) or written.star_kwarg is not None
    if starred or written.posonly_params:
        context.refuse("PCA104", node, f"DataParallel of '{class_name}' needs a forward with plain parameters")
    parameters = written.params[method.skip :]
    taken = ", ".join(_taken(context, node, parameters))
    return taken, ", ".join(parameter.name.value for parameter in parameters)


def _taken(context: Context, node: cst.Call, parameters: Sequence[cst.Param]) -> Iterator[str]:
    for parameter in parameters:
        default = parameter.default
        if default is not None and not isinstance(default, cst.Integer | cst.Float | cst.SimpleString | cst.Name):
            context.refuse("PCA104", node, f"the default of '{parameter.name.value}' is no literal", "give it a name")
        text = "" if default is None else f"={context.source.module.code_for_node(default)}"
        yield f"{parameter.name.value}{text}"


def _define(context: Context, module: str, taken: str, given: str) -> str:
    """Define the class, where the module's stands; its name."""
    kind = module.rpartition(".")[2]
    name = own_classes.free_name(context, f"Parallel{kind}")
    text = _CLASS.format(name=name, module=kind, taken=taken, given=given, **SPELLED)
    own_classes.define(context, name, text, module)
    return name
