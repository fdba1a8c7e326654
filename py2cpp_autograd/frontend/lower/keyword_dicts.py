"""`kwargs` of `**kwargs`: each call knows its keywords, so that what a function asks of them is known at once.

    scale = kwargs.get("scale", 1.0)      # the argument of the call, or the default
    if "bias" in kwargs: ...              # True or False
    rest = kwargs.pop("dropout", 0.0)     # and `**kwargs` gives it to nobody any more
    for key, value in kwargs.items(): ... # a loop over a dict, or the body once for each keyword

Each keyword is a parameter of its own; functions called with other keywords are other functions in C++.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import join
from py2cpp_autograd.frontend.lower.values import is_atomic, literal
from py2cpp_autograd.frontend.lower.variable_reads import read_variable
from py2cpp_autograd.frontend.scope import Key, Scope
from py2cpp_autograd.frontend.walk import surely_evaluated, uses, walk
from py2cpp_autograd.types import ABSENT, NEVER, Type

_ADVICE = "name the parameters that are used"
#: (_ORDER, line, column, *keywords): a call gives these keywords to the `**kwargs` there, in this order.
_ORDER, _UNTOLD = "keyword order", "**"
#: Methods that give what the dict holds, and all that leave it as it is; `pop` is known of each keyword.
_VIEWS = frozenset({"items", "keys", "values"})
_READING = _VIEWS | {"get", "pop", "copy"}
#: Functions that look at a dict, and do not keep it.
_LOOKING = frozenset({"len", "list", "tuple", "sorted", "set", "dict", "print", "str", "repr", "bool", "any", "all"})
#: What needs the name of an attribute to be known.
_NAMING = frozenset({"getattr", "setattr", "hasattr"})


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
    names = dict(scope.keyword_names)
    for key in _order(context) or names:
        if is_given(context, node, key):
            yield key, read_variable(context, node, names[key], scope)


# ----------------------------------------------------------------------------------------------- order


def note_order(context: Context, at: Key, written: Sequence[cst.Arg], order: Sequence[str]) -> None:
    """Remember in which order a call gives its keywords, which is that of the dict."""
    told = all(part.star != "**" or (is_keywords(context, part.value) and _order(context)) for part in written)
    context.assumptions.note((_ORDER, *at[1:], *(order if told or len(order) < 2 else (_UNTOLD,))))


def _order(context: Context) -> list[str] | None:
    """The keywords of the call at hand in their order; None where calls of this function give them in several."""
    scope = context.scope
    if scope.keywords_at is None:
        return None
    given = {key for key, name in scope.keyword_names if context.assumptions.get(scope.key(name)) != ABSENT}
    noted = {fact[3:] for fact in context.assumptions.facts.starting(_ORDER, *scope.keywords_at[1:])}
    fitting = [order for order in noted if set(order) == given]
    if not given:
        return []
    return list(map(str, fitting[0])) if len(fitting) == 1 and (_UNTOLD,) not in noted else None


# --------------------------------------------------------------------------------------- the whole dict


def whole(context: Context, node: cst.Name) -> ir.Expr:
    """`kwargs` as a value: a new dict of the keywords, where nothing can tell it from the one that there is."""
    return context.expression(_display(context, node))


def _display(context: Context, node: cst.CSTNode) -> cst.Dict:
    names = dict(context.scope.keyword_names)
    keys = _keys(context, node)
    made = cst.Dict([cst.DictElement(cst.SimpleString(repr(key)), cst.Name(names[key])) for key in keys])
    context.place_at(made, context.span(node))
    return made


def looped(context: Context, node: cst.For) -> tuple[str, list[str]] | None:
    """What a loop runs over that is to be written out for each keyword, and the keywords; None for other loops."""
    match node.iter:
        case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value=view)), args=[]) if view in _VIEWS:
            pass
        case owner:
            view = "keys"
    if not is_keywords(context, owner):
        return None
    keys = _keys(context, owner)
    types = [read.type for read in (value_of(context, owner, key) for key in keys)]
    joined: Type | None = NEVER
    for type_ in types:
        joined = None if joined is None else join(joined, type_)
    named = any(isinstance(part, cst.Name) and part.value in _NAMING for part in walk(node.body))
    return (view, keys) if named or joined is None or not keys else None


def _keys(context: Context, node: cst.CSTNode) -> list[str]:
    """The keywords that are there, in order; refused where the dict may be another one."""
    scope = context.scope
    order = _order(context)
    if scope.body is None or scope.keywords is None or not _stays(scope.body, scope.keywords):
        message = f"'{scope.keywords}' can be read, asked for single keywords, and passed on"
        context.refuse("PCA104", node, message, _ADVICE)
    if order is None:
        message = f"calls give '{scope.keywords}' in several orders"
        context.refuse("PCA104", node, message, "write the keywords of all calls in one order")
    return [key for key in order if is_given(context, node, key)]


def _stays(body: cst.CSTNode, name: str) -> bool:
    """Whether nothing changes the dict, and it is read, or goes to one place that knows it alone."""
    kinds = [_use(parents, node) for parents, node in uses(body, name)]
    return "change" not in kinds and (kinds.count("other") == 0 or (kinds.count("other") == 1 and len(kinds) == 1))


def _use(parents: tuple[cst.CSTNode, ...], node: cst.Name) -> Literal["read", "change", "other"]:
    """What is done with the dict in one place."""
    match parents[-1]:
        case cst.Attribute(attr=cst.Name(value=method)):
            return "read" if method in _READING else "change"
        case cst.Subscript():
            is_target = isinstance(parents[-2], cst.AssignTarget | cst.AugAssign | cst.AnnAssign | cst.Del)
            return "change" if is_target else "read"
        case cst.Arg(star="**") | cst.StarredDictElement() | cst.FormattedStringExpression() | cst.ComparisonTarget():
            return "read"
        case cst.If() | cst.IfExp() | cst.UnaryOperation() | cst.BooleanOperation() | cst.For() | cst.CompFor():
            return "read"
        case cst.Arg() if isinstance(parents[-2], cst.Call) and isinstance(parents[-2].func, cst.Name):
            return "read" if parents[-2].func.value in _LOOKING else "other"
        case cst.Arg() if isinstance(parents[-2], cst.Call) and isinstance(parents[-2].func, cst.Attribute):
            return "read" if parents[-2].func.attr.value == "update" else "other"
        case _:
            return "other"


def is_given(context: Context, node: cst.CSTNode, key: str) -> bool:
    """Whether the call at hand gives a keyword that nothing has taken out yet."""
    scope = context.scope
    name = dict(scope.keyword_names).get(key)
    if name is None or context.assumptions.get(scope.key(name)) == ABSENT:
        return False
    return scope.popped.get(key, node) is node


def lower_subscript(context: Context, node: cst.Subscript) -> ir.Expr:
    """`kwargs["x"]`, `kwargs[key]`."""
    part = node.slice[0].slice
    if isinstance(part, cst.Index) and len(node.slice) == 1 and not isinstance(part.value, cst.SimpleString):
        written = _as_literal(context, part.value)
        made = node.with_changes(value=_display(context, node)) if written is None else None
        if made is not None:
            context.place_at(made, context.span(node))
            return context.expression(made)
    key = _key(context, part.value if isinstance(part, cst.Index) and len(node.slice) == 1 else node)
    if not is_given(context, node, key):
        message = f"this call gives no keyword '{key}'"
        context.refuse("PCA306", node, message, f"write {context.scope.keywords}.get('{key}', default)")
    return value_of(context, node, key)


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
    if name in _VIEWS | {"copy"} and not node.args and isinstance(node.func, cst.Attribute):
        return _of_whole(context, node, node.func)
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
    value = value_of(context, node, key)
    return value if is_atomic(default) else ir.Let(None, default, value, value.type, context.span(node))


def _of_whole(context: Context, node: cst.Call, func: cst.Attribute) -> ir.Expr:
    """A method of the whole dict."""
    called = node.with_changes(func=func.with_changes(value=_display(context, node)))
    context.place_at(called, context.span(node))
    return context.expression(called)


def value_of(context: Context, node: cst.CSTNode, key: str) -> ir.Expr:
    """What the call at hand gives under a keyword."""
    return read_variable(context, node, dict(context.scope.keyword_names)[key], context.scope)


def _key(context: Context, node: cst.CSTNode) -> str:
    key = _as_literal(context, node) if isinstance(node, cst.BaseExpression) else None
    if key is None:
        context.refuse("PCA104", node, "which keyword this is must be seen here", "write its name as a text")
    return key


def _as_literal(context: Context, node: cst.BaseExpression) -> str | None:
    """A text that is written out, or that a variable of a loop over keywords is."""
    if not isinstance(node, cst.SimpleString | cst.Name):
        return None
    value = context.expression(node)
    return value.value if isinstance(value, ir.Literal) and isinstance(value.value, str) else None


def _check_certain(context: Context, node: cst.Call) -> None:
    """Refuse to take a keyword out on some ways only."""
    if not _is_certain(context.scope, node):
        advice = "take it out before: value = kwargs.pop(...)"
        context.refuse("PCA104", node, "a keyword that only some ways take out has no translation", advice)


def _is_certain(scope: Scope, node: cst.Call) -> bool:
    """Whether each way through the function comes by: the call stands in a statement of its body itself."""
    body = scope.body
    lines = body.body if isinstance(body, cst.IndentedBlock) else ()
    simple = (line for line in lines if isinstance(line, cst.SimpleStatementLine))
    return any(part is node for line in simple for part in surely_evaluated(line))
