"""Classes that derive from a layer of the API: `class Scaled(nn.Linear)`.

In C++ they derive from the layer's class too: what `super()` does, and what they inherit, are rows of the table on the
object itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.row import Row
from py2cpp_autograd.types import ApiType, NoneType

#: The words of the classes that a program fills with modules of its own, or that stand for several.
_CONTAINERS = frozenset({"spread", "holds", "parts"})
_DRAWS_AGAIN = "reset_parameters"


def can_extend(row: Row) -> bool:
    """Whether C++ has a class of its own for the layer, which may be derived from."""
    if "derived" in row.variants[0].words:
        return True
    words, made = row.variants[0].words, str(row.variants[0].words.get("class", "<"))
    is_own = made not in _SHARED and "<" not in made and not made.startswith(("py2cpp::Transformer", "py2cpp::Lazy"))
    return is_own and not _CONTAINERS & words.keys() and not roles.is_open(ApiType(row.key))


#: Stand for layers of several classes, hold what the program gives them, or are made of others.
_SHARED = frozenset({"torch::nn::Functional", "py2cpp::ParameterList", "py2cpp::ParameterDict"})


def may_override(name: str) -> bool:
    """Whether a class may define a method that its layer has, besides forward."""
    return name == _DRAWS_AGAIN


def _draws_itself(context: Context, class_name: str, base: str) -> bool:
    """Whether the layer's constructor draws the parameters as the class says."""
    own = hierarchy.method(context, class_name, _DRAWS_AGAIN)
    return own is not None and context.table.attribute(ApiType(base), _DRAWS_AGAIN) is not None


def constructed(context: Context, node: cst.Call, arguments: list[cst.Arg]) -> list[ir.Stmt] | None:
    """`super().__init__(...)` of the layer that the class at hand derives from; None where it derives from none."""
    scope = context.scope
    assert scope.self_class is not None and scope.instance is not None
    base = hierarchy.extended(context, scope.self_class)
    if base is None:
        return None
    if not scope.constructing or not scope.identity.endswith(".__init__"):
        context.refuse("PCA102", node, "a layer is constructed in __init__ alone")
    made = _made(context, node, base, arguments)
    body: list[ir.Stmt] = [ir.BaseConstruction(made, context.span(node))]
    if _draws_itself(context, scope.self_class, base):
        call = cst.Call(cst.Attribute(cst.Name(scope.instance), cst.Name(_DRAWS_AGAIN)))
        for part in (call, call.func):
            context.source.place(part, node)
        body.append(ir.ExprStmt(context.expression(call), context.span(node)))
    return body


def new(context: Context, node: cst.Call, class_name: str) -> tuple[ir.Expr, ...]:
    """The argument of a class without a constructor: the layer's own construction, whose arguments it takes."""
    base = hierarchy.extended(context, class_name)
    if base is None:
        return ()
    if _draws_itself(context, class_name, base):
        message = f"'{class_name}' draws its parameters in its own way, and has no constructor"
        context.refuse("PCA102", node, message, "write an __init__ that calls super().__init__")
    return (_made(context, node, base, node.args),)


def _made(context: Context, node: cst.Call, base: str, arguments: Sequence[cst.Arg]) -> ir.Apply:
    made = rows.call(context, node, base, arguments, None)
    row = context.table.find(made.row) if isinstance(made, ir.Apply) else None
    if not isinstance(made, ir.Apply) or row is None or row.variants[made.variant].kind != "class":
        context.refuse("PCA102", node, f"a '{base}' that is made in this way cannot be derived from in C++")
    given = [one.parameter for one in made.arguments if not isinstance(one.value.type, NoneType)]
    factory = [name for name in row.variants[made.variant].factory if name in given]
    if factory:
        message = f"C++ cannot give '{factory[0]}' to a layer that a class derives from"
        context.refuse("PCA102", node, message, "leave it out, and convert the module: net.to(...)")
    return made


def inherited(context: Context, node: cst.Call, name: str, arguments: list[cst.Arg]) -> ir.Expr | None:
    """`super().name(...)` of what the API's class defines; None where it defines nothing of that name."""
    scope = context.scope
    if scope.self_class is None or scope.instance is None:
        return None
    if hierarchy.extended(context, scope.self_class) is None and name not in {roles.TRAIN, *roles.CALLED_BY_PROGRAMS}:
        return None
    check_parameters(context, node, scope.self_class, name)
    type_ = hierarchy.instance_type(context, scope.self_class)
    instance: ir.Expr = ir.Name(scope.instance, type_, context.span(node))
    if hierarchy.method(context, scope.self_class, name) is not None and name not in roles.CALLED_BY_PROGRAMS:
        instance = ir.Base(ApiType(type_.base or roles.MODULE), context.span(node))
    return rows.call_method(context, node, instance, "__call__" if name == "forward" else name, arguments, None)


def check_parameters(context: Context, node: cst.Call, class_name: str, name: str) -> None:
    """Refuse a method of modules that would ask the class's own `parameters` for what it changes."""
    if name in roles.CHANGING_PARAMETERS and hierarchy.method(context, class_name, "parameters") is not None:
        message = f"{name} would ask the class's own 'parameters', which C++ does not"
        context.refuse("PCA103", node, message, "loop over the parameters")


def explicit(context: Context, node: cst.Call, called: str) -> ir.Expr | None:
    """`nn.Linear.forward(self, x)` in a class that derives from nn.Linear; None for other calls."""
    scope = context.scope
    api, _, name = called.rpartition(".")
    row = context.table.find(api)
    match node.args:
        case [cst.Arg(value=cst.Name(value=first), keyword=None, star=""), *arguments] if first == scope.instance:
            base = None if scope.self_class is None else hierarchy.extended(context, scope.self_class)
            return inherited(context, node, name, arguments) if row is not None and row.key == base else None
        case _:
            return None
