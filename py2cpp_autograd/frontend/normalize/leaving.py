"""`__exit__` without the exception that it does not look at.

    def __exit__(self, exc_type, exc, tb):         def __exit__(self):
        self.stop()                          ->        self.stop()

Where the program calls `__exit__` itself, or the method uses what it is given, it stays as it is.
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.spans import Spans, with_classes
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children

_EXIT = "__exit__"


def drop_unused_exceptions(source: Source) -> Source:
    """The source with each `__exit__` taking what it uses."""
    if not any(map(_leaves, source.module.body)) or _is_called(source.module):
        return source
    return with_classes(source, _class)


def _leaves(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.ClassDef) and any(map(_is_exit, node.body.body))


def _is_exit(item: cst.CSTNode) -> bool:
    return isinstance(item, cst.FunctionDef) and item.name.value == _EXIT


def _is_called(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Attribute) and node.attr.value == _EXIT:
        return True
    return any(map(_is_called, children(node)))


def _class(spans: Spans, node: cst.ClassDef) -> cst.ClassDef:
    if not _leaves(node):
        return node
    body = [
        _method(spans, item) if isinstance(item, cst.FunctionDef) and _is_exit(item) else item
        for item in node.body.body
    ]
    return spans.changed(node, body=spans.changed(node.body, body=body))


def _method(spans: Spans, node: cst.FunctionDef) -> cst.FunctionDef:
    taken = node.params
    plain = (*taken.posonly_params, *taken.params)
    star = (taken.star_arg,) if isinstance(taken.star_arg, cst.Param) else ()
    unused = {parameter.name.value for parameter in (*plain[1:], *star)}
    if not plain or names_used(node.body) & unused:
        return node
    return spans.changed(node, params=spans.placed(cst.Parameters([plain[0]]), taken))
