"""What the names of each module stand for, and how each thing is spelled in the one module that all become."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from py2cpp_autograd.frontend.bindings import target_names
from py2cpp_autograd.frontend.link.loading import Loading
from py2cpp_autograd.frontend.link.members import MAIN, Bound, Member
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.table import roles


@dataclass(frozen=True, slots=True)
class Thing:
    """What a module defines: its module and name there; of what comes from elsewhere, the qualified name alone."""

    module: str
    name: str

    @property
    def is_foreign(self) -> bool:
        """Whether it comes from no module of the project."""
        return self.module == ""


@dataclass(frozen=True, slots=True)
class ModuleTarget:
    """A module of the project, which is no value."""

    module: str


Target = Thing | ModuleTarget


class Targets:
    """Resolves names, module by module."""

    def __init__(self, loading: Loading) -> None:
        self.loading = loading
        self.members = loading.members
        self._open: set[Bound] = set()
        self.copies: dict[Thing, str] = {}  # what the file imports, by the name that it has there
        self.rebound = set(_assigned_from_outside(loading)) | {
            name for member in self.members.values() for name in _declared_global(member)
        }

    def of_name(self, member: Member, name: str) -> Target | None:
        """What a name of a module stands for; None where the module does not bind it."""
        if name in member.own:
            return Thing(member.name, name)
        bound = member.imports.get(name)
        if bound is not None and self.is_copied(member, name, bound):
            return Thing(member.name, name)
        return None if bound is None else self.of_import(bound)

    def of_import(self, bound: Bound) -> Target | None:
        """What an import binds; None where its module has no such name."""
        if not self.loading.is_known(bound.module):
            return Thing("", bound.qualified)
        if bound.name is None:
            return ModuleTarget(bound.module)
        if bound in self._open:  # a package and its module import one name from each other
            return None
        self._open.add(bound)
        try:
            return self.of_attribute(bound.module, bound.name)
        finally:
            self._open.remove(bound)

    def of_attribute(self, module: str, name: str) -> Target | None:
        """What `module.name` stands for."""
        member = self.members.get(module)
        found = None if member is None else self.of_name(member, name)
        inner = f"{module}.{name}"
        if found is None and self.loading.is_module(inner):
            return ModuleTarget(inner)
        return found

    def is_copied(self, member: Member, local: str, bound: Bound) -> bool:
        """Whether an import makes a variable of its own: one of the two is assigned again, or recorded twice."""
        found = self.of_import(bound)
        if not isinstance(found, Thing) or found.is_foreign:
            return False
        if local in member.own or found.name in self.rebound:
            return True
        is_variable = found.name not in self.members[found.module].defined
        return member.name == MAIN and is_variable and self.copies.setdefault(found, local) != local


def _declared_global(member: Member) -> Iterator[str]:
    for node in walk(member.source.module):
        if isinstance(node, cst.Global):
            yield from (item.name.value for item in node.names)


def _assigned_from_outside(loading: Loading) -> Iterator[str]:
    """The attributes that statements assign, of which some are those of modules."""
    for member in loading.members.values():
        for node in walk(member.source.module):
            match node:
                case cst.AssignTarget(target=target) | cst.AugAssign(target=target) | cst.AnnAssign(target=target):
                    for name in target_names(target):
                        owner, _, attribute = name.partition(".")
                        if attribute and owner in member.imports:
                            yield attribute


class Spelling:
    """What each thing is called: as in its module where no other module takes the name for something else."""

    def __init__(self, targets: Targets) -> None:
        self._mentions = {member.name: _mentioned(member) for member in targets.members.values()}
        self._taken = set().union(*self._mentions.values())
        wanted: dict[str, list[Thing]] = defaultdict(list)
        for member in targets.members.values():
            for name in (*sorted(member.own), *member.imports):
                thing = targets.of_name(member, name)
                is_own = thing == Thing(member.name, name) or (isinstance(thing, Thing) and thing.is_foreign)
                if isinstance(thing, Thing) and is_own and thing not in wanted[name]:
                    wanted[name].append(thing)
        self._names: dict[tuple[str, Thing], str] = {}
        for name, things in wanted.items():
            for thing in things:
                self._names[name, thing] = self._chosen(targets, name, thing, things)

    def __call__(self, name: str, thing: Thing) -> str:
        """The name of a thing that its module calls `name`."""
        return self._names[name, thing]

    def of(self, thing: Thing) -> str:
        """The name of a thing that a module of the project defines."""
        return self._names[thing.name, thing]

    def _chosen(self, targets: Targets, name: str, thing: Thing, things: list[Thing]) -> str:
        if thing.module == MAIN or (thing == things[0] and not self._is_taken(targets, name, thing)):
            return name
        owner = targets.members.get(thing.module)
        stem = owner.stem if owner is not None else thing.name.replace(".", "_")
        made = f"{stem}_{name.strip('_')}"
        while made in self._taken:
            made += "_"
        self._taken.add(made)
        return made

    def _is_taken(self, targets: Targets, name: str, thing: Thing) -> bool:
        """Whether a module that names it otherwise, or not at all, has that name for something else."""
        if name in roles.DRIVEN and targets.of_name(targets.members[MAIN], name) != thing:
            return True
        for member in targets.members.values():
            if name in self._mentions[member.name] and targets.of_name(member, name) != thing:
                return True
        return False


def _mentioned(member: Member) -> set[str]:
    """The bare names that stand anywhere in a module."""
    found: Counter[str] = Counter()
    for node in walk(member.source.module):
        match node:
            case cst.Name(value=name):
                found[name] += 1
            case cst.Attribute(attr=attr):
                found[attr.value] -= 1
            case cst.Arg(keyword=cst.Name(value=name)):
                found[name] -= 1
            case cst.ImportAlias(name=cst.Name(value=name), asname=cst.AsName()):
                found[name] -= 1
    return {name for name, count in found.items() if count > 0}
