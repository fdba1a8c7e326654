"""`setattr(net, "fc", value)`, whose name is written out, is `net.fc = value`."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend.bindings import bindings_of, names_used
from py2cpp_autograd.frontend.normalize.spans import Spans, with_substitutions
from py2cpp_autograd.frontend.parse import Source

_CALLED = "setattr"


def assign_written_attributes(source: Source) -> Source:
    """The source with each such call that is a statement as an assignment."""
    if _CALLED not in names_used(source.module) or _CALLED in bindings_of(source.module).counts:
        return source
    return with_substitutions(source, _assignment)


def _assignment(spans: Spans, node: cst.CSTNode) -> cst.Assign | None:
    match node:
        case cst.Expr(
            value=cst.Call(
                func=cst.Name(value="setattr"),
                args=[
                    cst.Arg(value=cst.Name() as owner, keyword=None, star=""),
                    cst.Arg(value=cst.SimpleString(evaluated_value=str(name)) as text, keyword=None, star=""),
                    cst.Arg(value=value, keyword=None, star=""),
                ],
            )
        ) if name.isidentifier():
            target = spans.placed(cst.Attribute(owner, spans.placed(cst.Name(name), text)), node)
            return cst.Assign([spans.placed(cst.AssignTarget(target), node)], value)
        case _:
            return None
