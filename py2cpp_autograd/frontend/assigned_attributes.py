"""The attributes that the code of a class assigns, of whatever object."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd.frontend.walk import Visitor
from py2cpp_autograd.table import roles


class _Assigned(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._note([node.target])

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._note([node.target])

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._note([node.target])

    def visit_For(self, node: cst.For) -> None:
        self._note([node.target])

    def visit_Call(self, node: cst.Call) -> None:
        match node:
            case cst.Call(
                func=cst.Attribute(attr=cst.Name(value=method)), args=[cst.Arg(value=cst.SimpleString() as name), *_]
            ):
                self.names.update({str(name.evaluated_value)} if method in roles.REGISTERING else ())

    def _note(self, targets: Sequence[cst.CSTNode]) -> None:
        for target in targets:
            if isinstance(target, cst.Attribute):
                self.names.add(target.attr.value)
            elif isinstance(target, cst.Tuple | cst.List):
                self._note([element.value for element in target.elements])


def assigned(node: cst.ClassDef) -> set[str]:
    """The attributes of any object that the methods of a class assign or register."""
    visitor = _Assigned()
    visitor.visit(node)
    return visitor.names
