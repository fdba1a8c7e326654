"""Which tensors are surely no parameters: the text of a parameter is another one, and C++ cannot tell the two apart."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.walk import children
from py2cpp_autograd.table import roles


def may_be_parameter(context: Context, value: ir.Expr) -> bool:
    """Whether a tensor may be a parameter: the program has some, and nothing shows that this is none."""
    named = context.source.once(names_used, context.source.module)
    return not roles.PARAMETER_WORDS.isdisjoint(named) and not _is_plain(context, value)


def _is_plain(context: Context, value: ir.Expr) -> bool:
    match value:
        case ir.Name(name=name):
            return _is_plain_variable(context, name)
        case ir.Apply(form=form, row=row):
            # x.grad, an operator, or a new tensor in the place of a parameter
            return form == "get" or row.rpartition(".")[2].startswith("__") or row in roles.PLAIN_COPIES
        case ir.TensorIndex():
            return True
        case _:
            return False


def _is_plain_variable(context: Context, name: str) -> bool:
    """Whether all that a variable is given are new tensors."""
    resolved = context.resolve(name)
    scope = resolved.scope
    if resolved.kind != "variable" or scope is None or scope.body is None or name in scope.parameters:
        return False
    given = list(_given(scope.body, name))
    every = len(given) == scope.bindings.counts[name]
    return every and all(value is None or _is_new(context, value) for value in given)


def _given(node: cst.CSTNode, name: str) -> Iterator[cst.BaseExpression | None]:
    """What the assignments in a body give to a variable; None for `+=`, which keeps the tensor or makes a new one."""
    match node:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=target))], value=value) if target == name:
            yield value
        case cst.AugAssign(target=cst.Name(value=target)) if target == name:
            yield None
        case cst.FunctionDef() | cst.ClassDef() | cst.Lambda():
            return
        case _:
            for child in children(node):
                yield from _given(child, name)


def _is_new(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an expression makes a tensor: an operator, or a function of the API that changes nothing."""
    match node:
        case cst.BinaryOperation() | cst.UnaryOperation():
            return True
        case cst.Call(func=func):
            name = context.qualified(func)
            if name is None:
                return isinstance(func, cst.Attribute) and _is_new(context, func.value)
            row = context.table.find(name)
            variants = () if row is None or name.startswith("builtins.") else row.variants
            taken = [v for v in variants if v.words.get("result") != "out" or _is_given_out(node)]
            return bool(taken) and all(v.effect != "write" and v.registers is None for v in taken)
        case _:
            return False


def _is_given_out(node: cst.Call) -> bool:
    """Whether a call names the tensor that it writes to, and gives."""
    return any(argument.keyword is not None and argument.keyword.value == "out" for argument in node.args)
