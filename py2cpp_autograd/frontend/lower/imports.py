"""Imports: which module or API a local name stands for. Nothing is imported."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.walk import dotted
from py2cpp_autograd.table import roles

#: Modules of the standard library that print, or start something, as soon as they are imported.
_ACT_ON_IMPORT = frozenset({"__hello__", "__phello__", "antigravity", "this"})


def lower_import(context: Context, node: cst.Import) -> list[ir.Stmt]:
    """`import a.b`, `import a.b as c`."""
    for alias in node.names:
        module = dotted(alias.name)
        _check(context, node, module)
        if alias.asname is not None:
            _bind(context, alias.asname.name, module)
        else:
            context.imports[module.partition(".")[0]] = module.partition(".")[0]
    return []


def lower_import_from(context: Context, node: cst.ImportFrom) -> list[ir.Stmt]:
    """`from a import b`, `from a import b as c`."""
    module = dotted(node.module)
    if isinstance(node.names, cst.ImportStar):
        context.refuse("PCA202", node, f"`from {module} import *` hides where names come from", _named(context, module))
    if node.relative:
        context.refuse("PCA204", node, "relative imports have no translation", "put the code into one file")
    if module == "__future__":
        return []
    _check(context, node, module)
    for alias in node.names:
        name = dotted(alias.name)
        _bind(context, alias.asname.name if alias.asname else cst.Name(name), f"{module}.{name}")
    return []


def _named(context: Context, module: str) -> str | None:
    """The import that names what the program uses of a module; None where nothing is known to be of it."""
    unknown = (name for name in names_used(context.source.module) if context.resolve(name).kind == "unknown")
    found = sorted(name for name in unknown if context.table.find(f"{module}.{name}") is not None)
    return f"write `from {module} import {', '.join(found)}`" if found else None


def _bind(context: Context, name: cst.BaseExpression, qualified: str) -> None:
    if isinstance(name, cst.Name):
        context.imports[name.value] = qualified


def _check(context: Context, node: cst.CSTNode, module: str) -> None:
    """Modules may be imported: their uses are looked up in the table. Those whose import shows are refused here."""
    top = module.partition(".")[0]
    if top in _ACT_ON_IMPORT:
        context.refuse("PCA204", node, f"importing '{top}' has an effect of its own, which has no C++ counterpart")
    if context.scope.tries and roles.is_foreign(context.table, module):
        context.refuse("PCA204", node, f"whether module '{top}' can be imported is not known before the program runs")
