"""A default that is a module or a lambda is made once, where the function is defined, and shared by all calls.

    class Block(nn.Module):                              Block_act = nn.ReLU()
        def __init__(self, dim, act=nn.ReLU()):   ->     class Block(nn.Module):
            ...                                              def __init__(self, dim, act=Block_act):
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.imported import names_imported, qualified
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table

Node = TypeVar("Node", bound=cst.CSTNode)


def make_defaults_first(source: Source, table: Table) -> Source:
    """The source with each module or lambda that is a default of a function or method in a variable."""
    imported = names_imported(source.module.body)
    spans = Spans(source)
    body: list[cst.BaseStatement | cst.BaseSmallStatement] = []
    names: set[str] = set()
    for node in source.module.body:
        made: dict[str, cst.SimpleStatementLine] = {}
        if isinstance(node, cst.ClassDef) and not any(base.keyword for base in node.bases):
            items = [_with_names(spans, table, imported, item, node.name.value, made) for item in node.body.body]
            node = spans.changed(node, body=spans.changed(node.body, body=items)) if made else node
        else:
            node = _with_names(spans, table, imported, node, "", made)
        body += [*made.values(), node]
        names |= made.keys()
    if not names or names & names_used(source.module):
        return source
    module = spans.changed(source.module, body=body)
    return replace(source, module=module, positions=spans.positions, hidden=frozenset(names))


def _with_names(
    spans: Spans,
    table: Table,
    imported: Mapping[str, str],
    node: Node,
    owner: str,
    made: dict[str, cst.SimpleStatementLine],
) -> Node:
    """A function whose defaults of this kind are variables, which `made` takes the assignments of."""
    if not isinstance(node, cst.FunctionDef):
        return node
    parameters: list[cst.Param] = []
    for parameter in node.params.params:
        default = parameter.default
        is_module = isinstance(default, cst.Call) and roles.is_module(table, qualified(default.func, imported))
        if default is not None and (is_module or isinstance(default, cst.Lambda)):
            names = [owner, node.name.value, parameter.name.value]
            name = "_".join(part for part in names if part not in {"", "__init__"})
            line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], default)])
            made[name] = spans.placed_whole(line, default)
            parameter = spans.changed(parameter, default=spans.placed(cst.Name(name), default))
        parameters.append(parameter)
    if all(new is old for new, old in zip(parameters, node.params.params, strict=True)):
        return node
    return spans.changed(node, params=spans.changed(node.params, params=parameters))
