"""Modules that do nothing by being imported, so that it does not matter when that happens."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend.link.loading import Loading
from py2cpp_autograd.frontend.link.members import Member, imports_of, names_type_checking
from py2cpp_autograd.frontend.walk import walk

_WORKS = (cst.Call, cst.BinaryOperation, cst.Subscript, cst.BaseComp, cst.Await, cst.NamedExpr)


def is_idle(loading: Loading, member: Member) -> bool:
    """Whether a module, and what it imports, only defines functions, classes and constants."""
    if not all(map(_does_nothing, member.source.module.body)):
        return False
    found = [one for one in imports_of(member.source.module.body) if one.kind == "top"]
    modules = {module for one in found for module in loading.modules_of(member, one.node)}
    return all(is_idle(loading, loading.members[module]) for module in modules)


def _does_nothing(node: cst.CSTNode) -> bool:
    match node:
        case cst.SimpleStatementLine(body=parts):
            return all(map(_is_plain, parts))
        case cst.FunctionDef(params=taken, decorators=decorators):
            defaults = [part.default for part in walk(taken) if isinstance(part, cst.Param) and part.default]
            return all(_names_only(part) for part in (*defaults, *(one.decorator for one in decorators)))
        case cst.ClassDef(bases=bases, body=body, decorators=decorators):
            named = (*(base.value for base in bases), *(one.decorator for one in decorators))
            return all(map(_names_only, named)) and all(map(_does_nothing, body.body))
        case cst.If(test=test):
            return names_type_checking(test)
        case _:
            return False


def _is_plain(node: cst.CSTNode) -> bool:
    match node:
        case cst.Assign(targets=targets, value=value):
            return all(isinstance(one.target, cst.Name) for one in targets) and _names_only(value)
        case cst.AnnAssign(target=target, value=value):
            return isinstance(target, cst.Name) and (value is None or _names_only(value))
        case cst.Expr(value=value):
            return isinstance(value, cst.BaseString)
        case _:
            return isinstance(node, cst.Import | cst.ImportFrom | cst.Pass)


def _names_only(node: cst.CSTNode) -> bool:
    return not any(isinstance(part, _WORKS) for part in walk(node))
