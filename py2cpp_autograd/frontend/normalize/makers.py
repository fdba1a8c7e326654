"""Functions of the program that do nothing but define a function and return it: decorators, and `_ntuple(2)`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

import libcst as cst

from py2cpp_autograd.frontend.bindings import bindings_of, names_used
from py2cpp_autograd.frontend.walk import all_uses, children

#: A statement of a module.
Statement = cst.BaseStatement | cst.SimpleStatementLine

_LITERALS = (cst.Integer, cst.Float, cst.SimpleString)


def returned_function(node: cst.FunctionDef) -> cst.FunctionDef | None:
    """The function that a function does nothing but define and return."""
    body = [item for item in node.body.body if not _is_docstring(item)]
    match body:
        case [
            cst.FunctionDef(name=cst.Name(value=name)) as inner,
            cst.SimpleStatementLine(body=[cst.Return(value=cst.Name(value=returned))]),
        ] if returned == name:
            return inner
        case _:
            return None


def literals_given(maker: cst.FunctionDef, call: cst.Call) -> dict[str, cst.BaseExpression] | None:
    """The literals that the parameters of such a function get; None where something else is given."""
    names = [parameter.name.value for parameter in maker.params.params]
    values = {p.name.value: p.default for p in maker.params.params if p.default is not None}
    for index, argument in enumerate(call.args):
        if argument.star or (argument.keyword is None and index >= len(names)):
            return None
        values[names[index] if argument.keyword is None else argument.keyword.value] = argument.value
    return values if set(values) == set(names) and all(map(_is_literal, values.values())) else None


def rebinds(function: cst.FunctionDef, names: Iterable[str]) -> bool:
    """Whether one of the names may mean something else in a function that is returned than around it."""
    own = {part.value for part in parameter_names(function.params)} | set(bindings_of(function.body).counts)
    return bool(own & set(names)) or _defines(function.body)


def parameter_names(parameters: cst.Parameters) -> Iterator[cst.Name]:
    """The names of all parameters, starred ones last."""
    for parameter in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params):
        yield parameter.name
    for star in (parameters.star_arg, parameters.star_kwarg):
        if isinstance(star, cst.Param):
            yield star.name


def read_as(node: cst.CSTNode, values: Mapping[str, cst.BaseExpression]) -> dict[cst.CSTNode, cst.BaseExpression]:
    """What stands for each read of these names in a piece of code: attributes and keywords are called so, no more."""
    return {use: values[use.value].deep_clone() for _, use in all_uses(node) if use.value in values}


def without_unused(body: Sequence[Statement], names: Set[str]) -> list[Statement]:
    """The statements of a module without the functions of these names that nothing else in it mentions."""

    def is_unused(node: Statement) -> bool:
        if not isinstance(node, cst.FunctionDef) or node.name.value not in names:
            return False
        return not any(node.name.value in names_used(other) for other in body if other is not node)

    return [node for node in body if not is_unused(node)]


def _is_literal(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.UnaryOperation):
        return _is_literal(node.expression)
    return isinstance(node, _LITERALS) or (isinstance(node, cst.Name) and node.value in {"True", "False", "None"})


def _is_docstring(item: cst.CSTNode) -> bool:
    match item:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())]):
            return True
        case _:
            return False


def _defines(node: cst.CSTNode) -> bool:
    """Whether there are functions inside, or names that are bound elsewhere."""
    if isinstance(node, cst.FunctionDef | cst.Lambda | cst.Nonlocal | cst.ClassDef):
        return True
    return any(map(_defines, children(node)))
