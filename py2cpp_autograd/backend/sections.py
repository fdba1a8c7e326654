"""Namespaces: one for each module of a program, opened again where what it needs of another stands between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.names import cpp_name, namespace_of

#: A declaration and the namespace that it belongs to.
Placed = tuple[str, cpp.Declaration]


class Homes:
    """Which namespace each part of a program belongs to."""

    def __init__(self, program: ir.Program) -> None:
        self.layout = program.layout
        self.own = namespace_of(program.name)
        # a module often has the name of a function in it, and C++ would not know which of the two is meant
        taken = {cpp_name(node.name) for node in (*program.definitions, *program.variables)}
        self._names: dict[str, str] = {}
        for stretch in self.layout.stretches:
            parts = [namespace_of(f"{part}.py") for part in stretch.module.split(".")]
            parts = [f"{part}_" if part in taken else part for part in parts]
            if parts[0] == self.own:
                parts[0] += "_"
            self._names[stretch.module] = "::".join(parts)

    @property
    def all(self) -> tuple[str, ...]:
        """Every namespace, the file's own first."""
        return (self.own, *self._names.values())

    @property
    def comments(self) -> dict[str, cpp.Comment]:
        """What the modules say about themselves."""
        return {self._names[one.module]: cpp.Comment(one.doc) for one in self.layout.stretches if one.doc}

    def of_definition(self, node: ir.Definition) -> str:
        """The namespace of a function or class."""
        found = self.layout.stretch_of(node.span.start.line)
        return self.own if found is None else self._names[found.module]

    def of_variable(self, node: ir.Variable) -> str:
        """The namespace of a variable."""
        return self.own if node.module is None else self._names[node.module]

    def with_variables(self, variables: Iterable[Placed], parts: Iterable[Placed]) -> list[Placed]:
        """Variables before the definitions of their namespace, where no module that imports it stands before these."""
        made = list(parts)
        by_home: dict[str, list[Placed]] = {}
        for one in variables:
            by_home.setdefault(one[0], []).append(one)
        ranks = {name: rank for rank, name in enumerate((*self._names.values(), self.own))}
        ahead: list[Placed] = []
        for home, found in by_home.items():
            places = [index for index, (name, _) in enumerate(made) if name == home]
            first = places[0] if places else 0
            found = [*found, (home, cpp.Comment(None))]
            if places and all(ranks[name] < ranks[home] for name, _ in made[:first]):
                made[first:first] = found
            else:
                ahead += found
        return [*ahead, *made]


def sections(parts: Iterable[Placed], comments: Mapping[str, cpp.Comment]) -> tuple[cpp.Section, ...]:
    """Declarations in their namespaces, each of which can use what stands in others before it.

    `comments` head what stands first in a namespace.
    """
    made: list[cpp.Section] = []
    used: dict[str, set[str]] = {}
    for namespace, declarations in _runs(parts):
        if namespace not in used and namespace in comments:
            declarations[:0] = [comments[namespace], cpp.Comment(None)]
        known = used.setdefault(namespace, {namespace})
        new = [name for name in dict.fromkeys(section.namespace for section in made) if name not in known]
        known.update(new)
        space = (cpp.Comment(None),) if new else ()
        made.append(cpp.Section(namespace, (*map(cpp.Using, new), *space, *declarations)))
    return tuple(made)


def _runs(parts: Iterable[Placed]) -> Iterator[tuple[str, list[cpp.Declaration]]]:
    """Declarations in a row of one namespace; an empty line goes with what stands before it."""
    current: tuple[str, list[cpp.Declaration]] | None = None
    for namespace, declaration in parts:
        is_space = isinstance(declaration, cpp.Comment) and declaration.text is None
        if current is not None and (namespace == current[0] or is_space):
            current[1].append(declaration)
            continue
        if is_space:
            continue
        if current is not None:
            yield current
        current = (namespace, [declaration])
    if current is not None:
        yield current
