"""`if TYPE_CHECKING:`: what such a branch imports are names for annotations, not there when a program runs."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.walk import dotted, uses, walk

_FLAG = "typing.TYPE_CHECKING"


def is_for_checkers(context: Context, node: cst.If) -> bool:
    """Whether a branch is for type checkers; its imports are read then, and may be used in annotations alone."""
    if context.qualified(node.test) != _FLAG:
        return False
    _import(context, node.body)
    if node.orelse is None:
        _check_imported(context, node)
    return True


def _import(context: Context, body: cst.BaseSuite) -> None:
    """The imports of a branch, and nothing else of it."""
    for line in body.body:
        for part in line.body if isinstance(line, cst.SimpleStatementLine) else (line,):
            if isinstance(part, cst.Import | cst.ImportFrom):
                context.lower_statement(context, part)


def _check_imported(context: Context, branch: cst.If) -> None:
    """Refuse to use at run time what only type checkers import."""
    module = context.source.module
    postponed = any(True for parents, _ in uses(module, "annotations") if _is_future(parents))
    for alias in (node for node in walk(branch.body) if isinstance(node, cst.ImportAlias)):
        bound = alias.asname.name if alias.asname is not None else alias.name
        name = bound.value if isinstance(bound, cst.Name) else dotted(bound).partition(".")[0]
        for parents, use in uses(module, name):
            if branch not in parents and not _is_postponed(parents, postponed):
                message = f"'{name}' is imported for type checkers only, and is not there when the program runs"
                context.report.add("PCA201", context.span(use), message, "import it outside of `if TYPE_CHECKING:`")


def _is_future(parents: Sequence[cst.CSTNode]) -> bool:
    return any(isinstance(node, cst.ImportFrom) and dotted(node.module) == "__future__" for node in parents)


def _is_postponed(parents: Sequence[cst.CSTNode], everywhere: bool) -> bool:
    """Whether Python does not evaluate what stands in an annotation: of any kind, or in a function's body."""
    notes = [place for place, node in enumerate(parents) if isinstance(node, cst.Annotation)]
    if not notes:
        return False
    of_variable = isinstance(parents[notes[-1] - 1], cst.AnnAssign)
    return everywhere or (of_variable and any(isinstance(node, cst.FunctionDef) for node in parents))
