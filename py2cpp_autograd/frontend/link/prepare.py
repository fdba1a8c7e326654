"""What is settled about a module before its names are: what only runs as a script, and which import is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import is_import
from py2cpp_autograd.frontend.link.members import MAIN, Member, aliases, blocks, imports_of, module_named
from py2cpp_autograd.frontend.lower.control import is_main_test
from py2cpp_autograd.frontend.parse import Source

Statements = Sequence[cst.BaseStatement | cst.BaseSmallStatement]


def prepared(member: Member, is_known: Callable[[str], bool]) -> Source:
    """The module without what does not run where it is imported, and without the imports that fail."""
    nodes = member.source.module.body
    first = int(member.name != MAIN and member.source.module.get_docstring() is not None)  # it heads the namespace
    body = [kept for node in nodes[first:] for kept in _kept(member, node, is_known)]
    return replace(member.source, module=_placed(member.source, body))


def _placed(source: Source, body: list[cst.BaseStatement]) -> cst.Module:
    made = source.module.with_changes(body=body)
    source.place(made, source.module)
    return made


def _kept(member: Member, node: cst.CSTNode, is_known: Callable[[str], bool]) -> Iterator[cst.BaseStatement]:
    match node:
        case cst.If(test=test, orelse=orelse) if member.name != MAIN and is_main_test(test):
            rest: list[cst.CSTNode] = [] if orelse is None else list(blocks(orelse))
            for part in [orelse] if isinstance(orelse, cst.If) else rest:
                yield from _kept(member, part, is_known)
        case cst.Try() if is_import(node):
            chosen = _tried(member, node, is_known)
            if chosen is None:
                yield node
            else:
                yield from (part for part in blocks(chosen) if isinstance(part, cst.BaseStatement))
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])]) if (
            name == "__all__" and member.name != MAIN
        ):
            return
        case cst.BaseStatement():
            yield node


def _tried(member: Member, node: cst.Try, is_known: Callable[[str], bool]) -> cst.CSTNode | None:
    """The part of a `try` around imports that runs, where it names modules of the project; None for other ones."""
    if _names_own(member, node.body, is_known):
        return node.body
    for handler in node.handlers:
        if _names_own(member, handler.body, is_known):
            return handler.body
    return None


def _names_own(member: Member, suite: cst.BaseSuite, is_known: Callable[[str], bool]) -> bool:
    """Whether imports name modules of the project, and modules that are there."""
    named = [_module(member, found.node) for found in imports_of(list(blocks(suite)))]
    return bool(named) and all(map(is_known, named))


def _module(member: Member, node: cst.Import | cst.ImportFrom) -> str:
    if isinstance(node, cst.ImportFrom):
        return module_named(member, node)
    return next(name for name, _, _ in aliases(node))
