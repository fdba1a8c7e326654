"""The one module of all: the statements of each member where Python would run them, with the names of all settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst
from libcst.metadata import CodePosition, CodeRange

from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend.link.idle import is_idle
from py2cpp_autograd.frontend.link.loading import Loading
from py2cpp_autograd.frontend.link.members import MAIN, Bound, Found, Member, bindings, imports_of
from py2cpp_autograd.frontend.link.renaming import Renaming
from py2cpp_autograd.frontend.link.targets import Spelling, Target, Targets, Thing
from py2cpp_autograd.frontend.parse import Home, Source
from py2cpp_autograd.frontend.walk import dotted


class Flattening:
    """Puts the members that were loaded into one module."""

    def __init__(self, loading: Loading) -> None:
        self.loading = loading
        self.targets = Targets(loading)
        self.spelling = Spelling(self.targets)
        self.done: set[str] = set()
        self.positions: dict[cst.CSTNode, CodeRange] = {}

    def source(self, main: Member) -> Source:
        """The file with all that it imports."""
        self.done.add(MAIN)
        body = list(self._body(main))
        module = main.source.module.with_changes(body=body)
        self.positions[module] = main.source.positions[main.source.module]
        members = [self.loading.members[one.module] for one in self.loading.layout.stretches]
        return replace(
            main.source,
            text="\n".join(one.source.text for one in (main, *members)),
            module=module,
            positions=self.positions,
            depth=max(one.source.depth for one in (main, *members)),
            layout=self.loading.layout,
            homes=self._homes(members),
        )

    def _homes(self, members: list[Member]) -> dict[str, Home]:
        found: dict[str, Home] = {}
        for member in members:
            for name in sorted(member.own):
                thing = Thing(member.name, name)
                found[self.spelling.of(thing)] = Home(member.name, name, self.targets.copies.get(thing))
        return found

    # ---------------------------------------------------------------------------------------------- statements

    def _body(self, member: Member) -> Iterator[cst.BaseStatement]:
        renaming = Renaming(self.targets, self.spelling, member)
        first = True
        for node in member.source.module.body:
            try:
                for made in self._statement(member, renaming, node):
                    yield self._led(member, made) if first and member.name != MAIN else made
                    first = False
            except Refusal:
                continue
        self._place(member, renaming)

    def _led(self, member: Member, node: cst.BaseStatement) -> cst.BaseStatement:
        """The first statement of a module with the comments at its top."""
        header = member.source.module.header
        if not header or not isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            return node
        made = node.with_changes(leading_lines=[*header, *node.leading_lines])
        if node in self.positions:
            self.positions[made] = self.positions[node]
        return made

    def _place(self, member: Member, renaming: Renaming) -> None:
        lines = self.loading.lines_before(member)
        for node, place in member.source.positions.items():
            self.positions[node] = _moved(place, lines)
        for node in renaming.placed:
            where = member.source.positions.get(_origin(renaming, node))
            if where is not None:
                self.positions[node] = _moved(where, lines)

    def _statement(self, member: Member, renaming: Renaming, node: cst.CSTNode) -> Iterator[cst.BaseStatement]:
        assert isinstance(node, cst.BaseStatement)
        if isinstance(node, cst.SimpleStatementLine):
            yield from self._line(member, renaming, node)
            return
        for found in imports_of([node]):
            yield from self._ahead(member, found)
        if isinstance(node, cst.ClassDef):
            self._check_name(member, renaming, node)
        yield renaming.of(node)

    def _check_name(self, member: Member, renaming: Renaming, node: cst.ClassDef) -> None:
        """Refuse another name for a class whose name graphs show."""
        is_renamed = renaming.local(node.name.value) != node.name.value
        if is_renamed and any(dotted(base.value).rpartition(".")[2] == "Function" for base in node.bases):
            message = f"another module has a '{node.name.value}', and graphs show the names of these classes"
            self.loading.refuse("PCA206", member, node.name, message, "give one of the two another name")

    def _line(
        self, member: Member, renaming: Renaming, node: cst.SimpleStatementLine
    ) -> Iterator[cst.BaseStatement]:
        leading = node.leading_lines
        for part in node.body:
            if isinstance(part, cst.Import | cst.ImportFrom):
                for module in self.loading.modules_of(member, part):
                    yield from self._spliced(module)
            kept = self._part(member, renaming, part)
            for made in kept:
                line = cst.SimpleStatementLine([made], leading_lines=leading)
                leading = ()
                renaming.placed[line] = node
                yield line

    def _part(
        self, member: Member, renaming: Renaming, node: cst.BaseSmallStatement
    ) -> Iterator[cst.BaseSmallStatement]:
        if not isinstance(node, cst.Import | cst.ImportFrom):
            alone = node.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
            renaming.placed[alone] = node
            yield renaming.of(alone)
            return
        rest = renaming.imports(node)
        if rest is not None:
            renaming.placed[rest] = node
            yield rest
        found = dict(bindings(member, node))
        if isinstance(node, cst.ImportFrom) and isinstance(node.names, cst.ImportStar) and rest is None:
            found = {name: bound for name, bound in member.imports.items() if bound.module in self.done}
        for local, bound in found.items():
            if self.targets.is_copied(member, local, bound):
                yield self._copy(member, renaming, node, local, bound)
            elif self.loading.is_known(bound.module):
                yield from self._passed_on(renaming, node, local, self.targets.of_import(bound))

    def _copy(
        self, member: Member, renaming: Renaming, node: cst.CSTNode, local: str, bound: Bound
    ) -> cst.BaseSmallStatement:
        thing = self.targets.of_import(bound)
        assert isinstance(thing, Thing)
        target, value = cst.Name(renaming.local(local)), cst.Name(self.spelling.of(thing))
        made = cst.Assign([cst.AssignTarget(target)], value)
        for part in (made, made.targets[0], target, value):
            renaming.placed[part] = node
        return made

    def _passed_on(
        self, renaming: Renaming, node: cst.CSTNode, local: str, target: Target | None
    ) -> Iterator[cst.BaseSmallStatement]:
        """The import of what a module of the project has imported from elsewhere."""
        if not isinstance(target, Thing) or not target.is_foreign:
            return
        owner, _, name = target.name.rpartition(".")
        written = cst.parse_statement(f"{f'from {owner} ' if owner else ''}import {name} as {renaming.local(local)}")
        assert isinstance(written, cst.SimpleStatementLine)
        made = written.body[0]
        renaming.placed[made] = node
        yield made

    def _ahead(self, member: Member, found: Found) -> Iterator[cst.BaseStatement]:
        """The modules that a function or a branch imports: run before, which must not show."""
        for module in self.loading.modules_of(member, found.node):
            if module in self.done:
                continue
            if not is_idle(self.loading, self.loading.members[module]):
                if found.kind == "types":
                    continue
                message = f"the body of '{module}' runs when this import is first reached"
                self.loading.refuse("PCA204", member, found.node, message, "import it at the top of the file")
            yield from self._spliced(module)

    def _spliced(self, module: str) -> Iterator[cst.BaseStatement]:
        if module not in self.done:
            self.done.add(module)
            yield from self._body(self.loading.members[module])


def _origin(renaming: Renaming, node: cst.CSTNode) -> cst.CSTNode:
    """The node of the source that a new one stands for, over those in between."""
    seen: set[cst.CSTNode] = set()
    while node in renaming.placed and node not in seen:
        seen.add(node)
        node = renaming.placed[node]
    return node


def _moved(where: CodeRange, lines: int) -> CodeRange:
    start, end = where.start, where.end
    return CodeRange(CodePosition(start.line + lines, start.column), CodePosition(end.line + lines, end.column))
