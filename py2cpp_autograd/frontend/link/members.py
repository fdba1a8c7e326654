"""A module that takes part: its names, and what its imports bind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import libcst as cst

from py2cpp_autograd.frontend.bindings import bindings_of
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import dotted, walk

#: The name of the file that is translated.
MAIN = "__main__"


@dataclass(frozen=True, slots=True)
class Bound:
    """What an import binds a name to: a module, or (with `name`) a name of it."""

    module: str
    name: str | None = None

    @property
    def qualified(self) -> str:
        """The dotted name of what is bound."""
        return self.module if self.name is None else f"{self.module}.{self.name}"


@dataclass
class Member:
    """One module: where it is, its dotted name and its package, its text and how many lines stand before it.

    `ready` are the names that it surely has so far, `taken` those that modules took from it while it ran.
    """

    path: str
    name: str
    package: str
    source: Source
    before: int | None = None
    imports: dict[str, Bound] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    defined: set[str] = field(default_factory=set)
    doc: str = ""
    ready: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        module = self.source.module
        self.doc = module.get_docstring() or ""
        counts = bindings_of(module).counts
        made = Counter(node.name.value for node in definitions(module.body))
        self.defined = set(made)
        self._lasting = {name for name, times in made.items() if times == 1 and name not in counts}
        self.own = {name for name in counts if "." not in name}
        self.own |= self.defined

    def reach(self, node: cst.CSTNode) -> None:
        """Note what a statement of the body defines, for good."""
        if isinstance(node, cst.FunctionDef | cst.ClassDef) and node.name.value in self._lasting:
            self.ready.add(node.name.value)

    @property
    def stem(self) -> str:
        """What names of this module get in front where they would be taken for others."""
        return self.name.replace(".", "_").removesuffix("_")


def definitions(nodes: Iterable[cst.CSTNode]) -> Iterator[cst.FunctionDef | cst.ClassDef]:
    """The functions and classes that statements of a module define, in branches too."""
    for node in nodes:
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            yield node
        else:
            yield from definitions(blocks(node))


def blocks(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The statements in the blocks of a compound statement."""
    match node:
        case cst.IndentedBlock(body=body) | cst.SimpleStatementSuite(body=body):
            yield from body
        case cst.If(body=body, orelse=orelse) | cst.For(body=body, orelse=orelse) | cst.While(body=body, orelse=orelse):
            yield from blocks(body)
            yield from () if orelse is None else blocks(orelse) if isinstance(orelse, cst.Else) else (orelse,)
        case cst.Else(body=body) | cst.Finally(body=body) | cst.With(body=body) | cst.ExceptHandler(body=body):
            yield from blocks(body)
        case cst.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
            yield from blocks(body)
            for part in (*handlers, orelse, finalbody):
                yield from () if part is None else blocks(part)
        case _:
            return


Kind = Literal["top", "nested", "types"]


@dataclass(frozen=True)
class Found:
    """An import statement: `top` runs with the module's body, `nested` in a function or branch, `types` never."""

    node: cst.Import | cst.ImportFrom
    kind: Kind


def imports_of(nodes: Sequence[cst.CSTNode], kind: Kind = "top") -> Iterator[Found]:
    """The import statements of a module, in the order of the text."""
    for node in nodes:
        match node:
            case cst.SimpleStatementLine(body=parts):
                yield from (Found(part, kind) for part in parts if isinstance(part, cst.Import | cst.ImportFrom))
            case cst.Try(body=body) if kind == "top":
                yield from imports_of(list(blocks(body)), "top")
                rest = (*node.handlers, node.orelse, node.finalbody)
                yield from imports_of([one for part in rest if part is not None for one in blocks(part)], "nested")
            case cst.If(test=test, body=body) if names_type_checking(test):
                yield from imports_of(list(blocks(body)), "types")
            case cst.If() | cst.For() | cst.While() | cst.With() | cst.Try():
                yield from imports_of(list(blocks(node)), "nested" if kind == "top" else kind)
            case cst.FunctionDef() | cst.ClassDef():
                found = [part for part in walk(node) if isinstance(part, cst.Import | cst.ImportFrom)]
                yield from (Found(part, "nested") for part in found)


def names_type_checking(test: cst.BaseExpression) -> bool:
    """Whether a condition is `TYPE_CHECKING`, which holds for type checkers only."""
    match test:
        case cst.Name(value="TYPE_CHECKING") | cst.Attribute(attr=cst.Name(value="TYPE_CHECKING")):
            return True
        case _:
            return False


def module_named(member: Member, node: cst.ImportFrom) -> str:
    """The module that `from ... import` names, without dots in front; empty for one above the top."""
    written = dotted(node.module)
    level = len(node.relative)
    if level == 0:
        return written
    parts = member.package.split(".") if member.package else []
    if level - 1 > len(parts):
        return ""
    parents = parts[: len(parts) - level + 1]
    return ".".join((*parents, written) if written else parents)


def aliases(node: cst.Import | cst.ImportFrom) -> Iterator[tuple[str, str, bool]]:
    """What an import names, what it binds that to, and whether `as` says so; a star names nothing."""
    for alias in () if isinstance(node.names, cst.ImportStar) else node.names:
        name = dotted(alias.name)
        shown = alias.asname.name if alias.asname is not None else None
        yield (name, shown.value, True) if isinstance(shown, cst.Name) else (name, name, False)


def bindings(member: Member, node: cst.Import | cst.ImportFrom) -> Iterator[tuple[str, Bound]]:
    """The names that an import binds."""
    for name, local, is_renamed in aliases(node):
        if isinstance(node, cst.ImportFrom):
            yield local, Bound(module_named(member, node), name)
        elif is_renamed:
            yield local, Bound(name)
        else:
            top = name.partition(".")[0]
            yield top, Bound(top)
