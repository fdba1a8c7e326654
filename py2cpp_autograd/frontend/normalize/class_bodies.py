"""The body of a class as a block.

    class Stopped(Exception): pass    ->    class Stopped(Exception):
                                                pass
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend.normalize.spans import Spans, with_substitutions
from py2cpp_autograd.frontend.parse import Source


def write_out_class_bodies(source: Source) -> Source:
    """The source with the body of each class as a block."""
    return with_substitutions(source, _block)


def _block(spans: Spans, node: cst.CSTNode) -> cst.ClassDef | None:
    match node:
        case cst.ClassDef(body=cst.SimpleStatementSuite(body=statements) as suite):
            line = spans.placed(cst.SimpleStatementLine(statements), suite)
            return spans.changed(node, body=spans.placed(cst.IndentedBlock([line]), suite))
        case _:
            return None
