"""`kwargs` of `**kwargs`: each call knows its keywords, so that what a function asks of them is known at once.

    scale = kwargs.get("scale", 1.0)      # the argument of the call, or the default
    if "bias" in kwargs: ...              # True or False
    rest = kwargs.pop("dropout", 0.0)     # and `**kwargs` gives it to nobody any more

Each keyword is a parameter of its own; functions called with other keywords are other functions in C++.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.values import is_atomic, literal, read_variable
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.frontend.walk import children
from py2cpp_autograd.types import ABSENT

_ADVICE = "name the parameters that are used"


def is_keywords(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an expression is the dict of keywords of the function at hand."""
    scope = context.scope
    named = isinstance(node, cst.Name) and scope.keywords is not None and node.value == scope.keywords
    return named and not scope.bindings.is_local(scope.keywords or "")


def spelling(taken: set[str], keywords: str, key: str) -> str:
    """What the parameter for a keyword is called: the function may have a variable of that name."""
    return key if key not in taken else f"{keywords}_{key}"


def passed_on(context: Context, node: cst.CSTNode) -> Iterator[tuple[str, ir.Expr]]:
    """The keywords that are there, with their values, where they are passed on."""
    scope = context.scope
    for key, name in scope.keyword_names:
        if is_given(context, node, key):
            yield key, read_variable(context, node, name, scope)


def is_given(context: Context, node: cst.CSTNode, key: str) -> bool:
    """Whether the call at hand gives a keyword that nothing has taken out yet."""
    scope = context.scope
    name = dict(scope.keyword_names).get(key)
    if name is None or context.assumptions.get(scope.key(name)) == ABSENT:
        return False
    return scope.popped.get(key, node) is node


def lower_subscript(context: Context, node: cst.Subscript) -> ir.Expr:
    """`kwargs["x"]`."""
    part = node.slice[0].slice
    key = _key(context, part.value if isinstance(part, cst.Index) and len(node.slice) == 1 else node)
    if not is_given(context, node, key):
        message = f"this call gives no keyword '{key}'"
        context.refuse("PCA306", node, message, f"write {context.scope.keywords}.get('{key}', default)")
    return _read(context, node, key)


def contains(context: Context, node: cst.Comparison) -> ir.Expr | None:
    """`"x" in kwargs`, `"x" not in kwargs`; None for other comparisons."""
    if len(node.comparisons) != 1 or not is_keywords(context, node.comparisons[0].comparator):
        return None
    operator = node.comparisons[0].operator
    if not isinstance(operator, cst.In | cst.NotIn):
        return None
    found = is_given(context, node, _key(context, node.left))
    return literal(found == isinstance(operator, cst.In), context.span(node))


def lower_method(context: Context, node: cst.Call, name: str) -> ir.Expr:
    """`kwargs.get("x", default)`, `kwargs.pop("x", default)`."""
    plain = not any(argument.keyword or argument.star for argument in node.args)
    if name not in {"get", "pop"} or not plain or len(node.args) not in (1, 2):
        keywords = context.scope.keywords
        context.refuse("PCA104", node, f"'{keywords}' can be asked for single keywords, and passed on", _ADVICE)
    key = _key(context, node.args[0].value)
    found = is_given(context, node, key)
    if not found and name == "pop" and len(node.args) == 1:
        context.refuse("PCA306", node, f"this call gives no keyword '{key}'", f"write pop('{key}', default)")
    if name == "pop":
        _check_certain(context, node)
        context.scope.popped.setdefault(key, node)
    default = context.expression(node.args[1].value) if len(node.args) == 2 else literal(None, context.span(node))
    if not found:
        return default
    value = _read(context, node, key)
    return value if is_atomic(default) else ir.Let(None, default, value, value.type, context.span(node))


def _read(context: Context, node: cst.CSTNode, key: str) -> ir.Expr:
    return read_variable(context, node, dict(context.scope.keyword_names)[key], context.scope)


def _key(context: Context, node: cst.CSTNode) -> str:
    if not isinstance(node, cst.SimpleString) or not isinstance(node.evaluated_value, str):
        context.refuse("PCA104", node, "which keyword this is must be seen here", "write its name as a text")
    return node.evaluated_value


def _check_certain(context: Context, node: cst.Call) -> None:
    """Refuse to take a keyword out on some ways only."""
    if not _is_certain(context.scope, node):
        advice = "take it out before: value = kwargs.pop(...)"
        context.refuse("PCA104", node, "a keyword that only some ways take out has no translation", advice)


def _is_certain(scope: Scope, node: cst.Call) -> bool:
    """Whether each way through the function comes by: the call stands in a statement of its body itself."""
    body = scope.body
    lines = body.body if isinstance(body, cst.IndentedBlock) else ()
    return any(_evaluates(line, node) for line in lines if isinstance(line, cst.SimpleStatementLine))


def _evaluates(part: cst.CSTNode, node: cst.CSTNode) -> bool:
    if part is node:
        return True
    doubtful = cst.IfExp | cst.BooleanOperation | cst.Lambda | cst.BaseComp | cst.Comparison
    return not isinstance(part, doubtful) and any(_evaluates(inner, node) for inner in children(part))
