"""Exceptions of the program: `class ConfigError(ValueError)`, told apart by class, with a text and nothing else."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.block import comment_lines
from py2cpp_autograd.frontend.lower.classes.building import docstring


def check(context: Context, node: cst.ClassDef) -> None:
    """Refuse an exception that is more than its class and its text."""
    for item in node.body.body:
        parts = item.body if isinstance(item, cst.SimpleStatementLine) else [item]
        for part in parts:
            if not _is_nothing(part):
                place = part.name if isinstance(part, cst.FunctionDef) else part
                message = "an exception of the program has its text only, no methods or attributes"
                context.refuse("PCA102", place, message, "pass, and put all that it says into the text when raising")
    name = node.name.value
    if len(set(hierarchy.api_bases(context, name))) != 1 or len(hierarchy.user_bases(context, name)) > 1:
        context.refuse("PCA102", node.name, "an exception has one base class in C++", "derive from one exception")


def _is_nothing(part: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    if isinstance(part, cst.Expr):
        return isinstance(part.value, cst.SimpleString | cst.ConcatenatedString | cst.Ellipsis)
    return isinstance(part, cst.Pass)


def named(context: Context, node: cst.BaseExpression) -> str | None:
    """The exception that an expression names, one of Python's or of the program's; None for anything else."""
    if isinstance(node, cst.Name) and context.resolve(node.value).kind == "class":
        is_error = hierarchy.kind_of(context, node.value) == "exception"
        if is_error:
            build(context, node.value)
        return node.value if is_error else None
    name = context.qualified(node) or ""
    return name.removeprefix("builtins.") if name.startswith("builtins.") else None


def build(context: Context, class_name: str) -> None:
    """Add the exception, and what it derives from, to the output, once per round."""
    if class_name in context.building:
        return
    context.building.add(class_name)
    if class_name in context.scope.poisoned or class_name in context.module_scope.poisoned:
        context.pending(context.classes[class_name].name)
    node = context.classes[class_name]
    own = hierarchy.user_bases(context, class_name)
    for base in own:
        build(context, base)
    base = own[0] if own else hierarchy.api_bases(context, class_name)[0].removeprefix("builtins.")
    leading = (*comment_lines(context, node.leading_lines), *docstring(context, node))
    context.built_classes[class_name] = ir.ExceptionClass(class_name, base, leading, context.span(node))
