"""Which modules take part, in the order in which Python would have run them through; imports that nothing answers."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NoReturn

import libcst as cst

from py2cpp_autograd.diagnostics import Refusal, Report
from py2cpp_autograd.frontend.bindings import bindings_of
from py2cpp_autograd.frontend.link.members import (
    MAIN,
    Bound,
    Found,
    Member,
    aliases,
    bindings,
    imports_of,
    module_named,
)
from py2cpp_autograd.frontend.link.prepare import prepared
from py2cpp_autograd.frontend.parse import Source, parse
from py2cpp_autograd.frontend.walk import children, walk
from py2cpp_autograd.layout import Layout, Stretch, moved
from py2cpp_autograd.span import Span


class Loading:
    """Reads the modules of a project that a file imports, each once."""

    def __init__(self, texts: Mapping[str, str], problems: Mapping[str, str], report: Report) -> None:
        self.texts = {**texts, **problems}
        self.problems = problems
        self.report = report
        self.members: dict[str, Member] = {}
        self.layout = Layout()
        self._open: list[str] = []
        self._runs: dict[cst.CSTNode, list[str]] = {}
        self._lines = 0

    def load_main(self, source: Source, package: str) -> Member:
        """The file itself, and all that it imports. Raises Refusal after adding diagnostics."""
        self._lines = source.text.count("\n") + 1
        return self._member(Member("", MAIN, package, source, before=0))

    # ------------------------------------------------------------------------------------------ what is there

    def path_of(self, module: str) -> str | None:
        """The file of a module, as Python would choose it."""
        stem = module.replace(".", "/")
        return next((path for path in (f"{stem}/__init__.py", f"{stem}.py") if path in self.texts), None)

    def is_module(self, module: str) -> bool:
        """Whether the project has a module or a package of a name, with an `__init__.py` or without."""
        folder = f"{module.replace('.', '/')}/"
        return self.path_of(module) is not None or any(path.startswith(folder) for path in self.texts)

    def is_known(self, module: str) -> bool:
        """Whether a dotted name is one of the project's own, rightly or not."""
        return module != "" and self.is_module(module.partition(".")[0])

    # ------------------------------------------------------------------------------------------------ loading

    def _member(self, member: Member) -> Member:
        self.members[member.name] = member
        member.source = prepared(member, self.is_known)
        self._open.append(member.name)
        later: list[Found] = []
        for line in member.source.module.body:
            for found in imports_of([line]):
                if found.kind == "types":
                    later.append(found)
                else:
                    self._follow(member, found)
            member.reach(line)
        self._open.pop()
        self.lines_before(member)
        for found in later:
            self._follow(member, found)
        return member

    def _follow(self, member: Member, found: Found) -> None:
        """Load what an import names, and note what it binds."""
        node = found.node
        targets = set(self._named(member, node))
        for module in self.modules_of(member, node):
            if module in self._open and found.kind != "types" and module in targets:
                self._check_open(member, node, module)
            self._load(member, node, module)
        if isinstance(node, cst.ImportFrom) and isinstance(node.names, cst.ImportStar):
            self._spread(member, found)
        elif found.kind != "nested" or self._is_outside_functions(member, node):
            for local, bound in self._bindings(member, node, targets):
                self._bind(member, found, local, bound)

    def _bindings(
        self, member: Member, node: cst.Import | cst.ImportFrom, targets: set[str]
    ) -> Iterator[tuple[str, Bound]]:
        """What an import binds: of a package, the modules in it that it has run itself."""
        for local, bound in bindings(member, node):
            is_inner = bound.name is not None and bound.qualified in targets
            yield local, Bound(bound.qualified) if is_inner else bound

    def _check_open(self, member: Member, node: cst.Import | cst.ImportFrom, module: str) -> None:
        """Refuse what needs names of a module that has not run through, besides what it has already."""
        owner = self.members[module]
        named = {bound.name: bound.qualified for _, bound in bindings(member, node) if bound.name is not None}
        owner.taken |= owner.ready & named.keys()
        if not named or not all(name in owner.ready or self.path_of(whole) for name, whole in named.items()):
            self._refuse_cycle(member, node, module)

    def _bind(self, member: Member, found: Found, local: str, bound: Bound) -> None:
        """Give a name to what is imported; what it stands for must not depend on the way through the module."""
        known = member.imports.setdefault(local, bound)
        if self._final(known) != self._final(bound) and (self.is_known(known.module) or self.is_known(bound.module)):
            if found.kind != "top" or local in member.taken or _mentions(member.source.module, local):
                message = f"'{local}' is imported from '{known.module}' and from '{bound.module}'"
                self.refuse("PCA206", member, found.node, message, "give one of them another name: import ... as ...")
            member.imports[local] = bound
        if found.kind == "top" and local not in member.own:
            member.ready.add(local)

    def _final(self, bound: Bound) -> str:
        """The qualified name of what is bound where it is defined, over the modules that pass it on."""
        for _ in self.members:
            owner = self.members.get(bound.module)
            if owner is None or bound.name is None or bound.name in owner.own or bound.name not in owner.imports:
                break
            bound = owner.imports[bound.name]
        return bound.qualified

    def _is_outside_functions(self, member: Member, node: cst.CSTNode) -> bool:
        """Whether a nested import stands in a branch of the module, not in a function."""
        return any(found.node is node for found in imports_of(member.source.module.body, "types"))

    def modules_of(self, member: Member, node: cst.Import | cst.ImportFrom) -> list[str]:
        """The modules of the project that an import runs, in order. Raises Refusal where there is none."""
        if node not in self._runs:
            self._runs[node] = list(self._found(member, node, self._named(member, node)))
        return self._runs[node]

    def _found(self, member: Member, node: cst.Import | cst.ImportFrom, named: list[str]) -> Iterator[str]:
        if isinstance(node, cst.ImportFrom) and node.relative and not any(named):
            where = f"the package '{member.package}'" if member.package else "no package"
            self.refuse("PCA204", member, node, f"this import goes above the top: the file lies in {where}")
        for module in named:
            if not self.is_known(module) and not (isinstance(node, cst.ImportFrom) and node.relative):
                continue
            parts = module.split(".")
            for count in range(1, len(parts) + 1):
                parent = ".".join(parts[:count])
                if not self.is_module(parent):
                    self._refuse_missing(member, node, parent)
                self._refuse_hidden(member, node, parent)
                if self.path_of(parent) is not None:
                    yield parent

    def _named(self, member: Member, node: cst.Import | cst.ImportFrom) -> list[str]:
        if isinstance(node, cst.Import):
            return [name for name, _, _ in aliases(node)]
        module = module_named(member, node)
        inner = []
        for _, bound in bindings(member, node):
            assert bound.name is not None
            whole = bound.qualified
            is_inner = module != "" and self.path_of(whole) is not None
            if is_inner and not self._binds(module, bound.name):
                inner.append(whole)
        return [module, *inner]

    def _binds(self, module: str, name: str) -> bool:
        """Whether a package that was loaded has a name of its own, which hides a module in it."""
        member = self.members.get(module)
        return member is not None and (name in member.own or name in member.imports)

    def _load(self, member: Member, node: cst.CSTNode, module: str) -> None:
        if module in self.members:
            return
        path = self.path_of(module)
        assert path is not None
        if path in self.problems:
            self.refuse("PCA105", member, node, f"{path} cannot be read: {self.problems[path]}")
        report = Report()
        source = parse(self.texts[path], report)
        if source is None:
            before = self._lines
            self._settle(Stretch(path, module, before), self.texts[path])
            self.report.diagnostics += [replace(found, span=moved(found.span, before)) for found in report.sorted()]
            raise Refusal
        package = module if path.endswith("__init__.py") else module.rpartition(".")[0]
        self._member(Member(path, module, package, source))

    def _settle(self, stretch: Stretch, text: str) -> None:
        self.layout = Layout((*self.layout.stretches, stretch))
        self._lines += text.count("\n") + 1

    def lines_before(self, member: Member) -> int:
        """The number of lines before a member: where it stands is settled when all that it imports has been read."""
        if member.before is None:
            member.before = self._lines
            self._settle(Stretch(member.path, member.name, self._lines, member.doc), member.source.text)
        return member.before

    def _spread(self, member: Member, star: Found) -> None:
        """`from .layers import *`: all that the module says it has, or all without an underscore in front."""
        node = star.node
        assert isinstance(node, cst.ImportFrom)
        module = module_named(member, node)
        found = self.members.get(module)
        if found is None:
            return
        names = _listed(found) or [name for name in (*found.own, *found.imports) if not name.startswith("_")]
        for name in names:
            self._bind(member, star, name, Bound(module, name))

    # ----------------------------------------------------------------------------------------------- refusals

    def span(self, member: Member, node: cst.CSTNode) -> Span:
        """Where a node of a member stands in the text of all members."""
        return moved(member.source.span(node), self.lines_before(member))

    def refuse(self, code: str, member: Member, node: cst.CSTNode, message: str, help_: str | None = None) -> NoReturn:
        """Report something in a member, and leave it."""
        self.report.add(code, self.span(member, node), message, help_)
        raise Refusal

    def _refuse_missing(self, member: Member, node: cst.CSTNode, module: str) -> NoReturn:
        stem = module.replace(".", "/")
        near = difflib.get_close_matches(f"{stem}.py", self.texts, 1)
        advice = f"did you mean {near[0]}?" if near else "the file that is imported has to be there"
        message = f"there is no module '{module}' in this project: neither {stem}.py nor {stem}/__init__.py"
        self.refuse("PCA204", member, node, message, advice)

    def _refuse_cycle(self, member: Member, node: cst.CSTNode, module: str) -> NoReturn:
        names = [self.members[name].path or "this file" for name in self._open[self._open.index(module) :]]
        circle = " -> ".join((*names, names[0]))
        message = f"these modules import each other, so that one runs before the other has its names: {circle}"
        self.refuse("PCA204", member, node, message, "move what both need into a module that imports neither")

    def _refuse_hidden(self, member: Member, node: cst.CSTNode, module: str) -> None:
        if module in sys.stdlib_module_names or module == "torch":
            message = f"the project's own '{module}' hides the module of Python of that name, for all that imports it"
            self.refuse("PCA204", member, node, message, "give the file another name")


def _mentions(node: cst.CSTNode, name: str) -> bool:
    """Whether code spells a name of its module, one that functions do not bind themselves."""
    match node:
        case cst.Name(value=value):
            return value == name
        case cst.Attribute(value=inner) | cst.Arg(value=inner) | cst.Param(default=cst.BaseExpression() as inner):
            return _mentions(inner, name)
        case cst.Param():
            return False
        case cst.FunctionDef(params=params) if _is_local(node, name):
            return any(_mentions(part, name) for part in (params, *node.decorators))
        case _:
            return any(_mentions(part, name) for part in children(node))


def _is_local(node: cst.FunctionDef, name: str) -> bool:
    """Whether a function has a parameter or a variable of a name."""
    parameters = (part.name.value for part in walk(node.params) if isinstance(part, cst.Param))
    return name in parameters or bindings_of(node.body).is_local(name)


def _listed(member: Member) -> list[str]:
    """The names that `__all__` lists, where it is a list of texts."""
    for line in member.source.module.body:
        for part in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            match part:
                case cst.Assign(
                    targets=[cst.AssignTarget(target=cst.Name(value="__all__"))],
                    value=cst.List(elements=elements) | cst.Tuple(elements=elements),
                ):
                    texts = [one.value.evaluated_value for one in elements if isinstance(one.value, cst.SimpleString)]
                    return [text for text in texts if isinstance(text, str)]
    return []
