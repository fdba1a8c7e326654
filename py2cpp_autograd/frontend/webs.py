"""Which assignments of a variable reach which of its reads: what belongs together is one web.

Two webs of a name share no value, so that each may be a C++ variable of its own, with a type of its own:

    for user, item in pairs:             # web 1
        user = torch.tensor([user])      # reads web 1, binds web 2
        loss = model(user)               # reads web 2
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

import libcst as cst

from py2cpp_autograd.frontend.bindings import bindings_of, mentions, target_names
from py2cpp_autograd.frontend.loop_runs import LoopRuns, Runs, constants_of
from py2cpp_autograd.frontend.walk import Visitor, children

#: The assignments that may have given each name its value here; None where control never comes.
State = dict[str, frozenset[int]] | None


@dataclass
class Webs:
    """The webs of one scope's variables, by the occurrences of their names."""

    occurrences: dict[cst.CSTNode, int] = field(default_factory=dict)
    augmented: dict[cst.Name, int] = field(default_factory=dict)  # what `x += v` reads
    at_start: dict[str, int] = field(default_factory=dict)
    at_end: dict[str, int] = field(default_factory=dict)
    parents: list[int] = field(default_factory=list)

    def of(self, node: cst.CSTNode) -> int | None:
        """The web that an occurrence of a name belongs to, named by its first assignment."""
        found = self.occurrences.get(node)
        return None if found is None else self.root(found)

    def read_by(self, node: cst.Name) -> int | None:
        """The web that a read of a name belongs to."""
        found = self.augmented.get(node)
        return self.of(node) if found is None else self.root(found)

    def start(self, name: str) -> int | None:
        """The web that a parameter's value belongs to."""
        found = self.at_start.get(name)
        return None if found is None else self.root(found)

    def end(self, name: str) -> int | None:
        """The web that a name belongs to when the scope ends."""
        found = self.at_end.get(name)
        return None if found is None else self.root(found)

    def root(self, definition: int) -> int:
        """The first assignment of the web that a definition belongs to."""
        while self.parents[definition] != definition:
            definition = self.parents[definition]
        return definition

    def union(self, definitions: Iterable[int]) -> int | None:
        """Make one web of all these definitions."""
        roots = sorted({self.root(definition) for definition in definitions})
        for other in roots[1:]:
            self.parents[other] = roots[0]
        return roots[0] if roots else None


def webs_of(
    body: cst.BaseSuite | cst.Module, parameters: Collection[str], is_range: Callable[[cst.BaseExpression], bool]
) -> Webs:
    """The webs of a function's body, or of the module, at whose end every variable is read.

    `is_range` says whether a name stands for Python's own `range`.
    """
    walk = _Walk(_excluded(body), LoopRuns(constants_of(body, parameters), is_range))
    for name in parameters:
        walk.webs.at_start[name] = walk.define(None)
    entry = {name: frozenset({definition}) for name, definition in walk.webs.at_start.items()}
    state = walk.statements(body.body, entry)
    if isinstance(body, cst.Module):
        for name, definitions in (state or {}).items():
            web = walk.webs.union(definitions)
            if web is not None:
                walk.webs.at_end[name] = web
    return walk.webs


class _Excluded(Visitor):
    """The names that are bound in ways that are not followed, or that functions inside may read."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self.names.update(target_names(node.target))

    def visit_WithItem(self, node: cst.WithItem) -> None:
        if node.asname is not None:
            self.names.update(target_names(node.asname.name))

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> None:
        if node.name is not None:
            self.names.update(target_names(node.name.name))

    def visit_MatchAs(self, node: cst.MatchAs) -> None:
        if node.name is not None:
            self.names.update(target_names(node.name))

    def visit_MatchStar(self, node: cst.MatchStar) -> None:
        if node.name is not None:
            self.names.update(target_names(node.name))

    def visit_Global(self, node: cst.Global) -> None:
        self.names.update(item.name.value for item in node.names)

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self.names.update(item.name.value for item in node.names)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        bindings = bindings_of(node.body)
        own = {name for name in bindings.counts if bindings.is_local(name)} | _parameters(node.params)
        self.names.update(_used(node.body) - own)
        for parameter in _all(node.params):
            for part in (parameter.default, parameter.annotation):
                self.names.update(() if part is None else _used(part))
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        for statement in node.body.body:
            if isinstance(statement, cst.FunctionDef):
                self.visit_FunctionDef(statement)
            else:
                self.names.update(_used(statement) - _class_names(statement))
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        self.names.update(_used(node.body) - _parameters(node.params))
        return True


def _used(node: cst.CSTNode) -> set[str]:
    return {name for name, count in mentions(node).items() if count > 0}


def _class_names(node: cst.CSTNode) -> set[str]:
    """The attributes of a class that a statement declares without a value: no variables."""
    parts = node.body if isinstance(node, cst.SimpleStatementLine) else ()
    declared = [part.target for part in parts if isinstance(part, cst.AnnAssign) and part.value is None]
    return {target.value for target in declared if isinstance(target, cst.Name)}


def _all(node: cst.Parameters) -> list[cst.Param]:
    every = [*node.posonly_params, *node.params, *node.kwonly_params, node.star_arg, node.star_kwarg]
    return [parameter for parameter in every if isinstance(parameter, cst.Param)]


def _parameters(node: cst.Parameters) -> set[str]:
    return {parameter.name.value for parameter in _all(node)}


def _excluded(body: cst.BaseSuite | cst.Module) -> set[str]:
    visitor = _Excluded()
    visitor.visit(body)
    return visitor.names


def _merge(*states: State) -> State:
    """What may hold where ways meet."""
    reached = [state for state in states if state is not None]
    if not reached:
        return None
    merged: dict[str, frozenset[int]] = {}
    for state in reached:
        for name, definitions in state.items():
            merged[name] = merged.get(name, frozenset()) | definitions
    return merged


@dataclass
class _Walk:
    """One walk over a body in the order of execution."""

    excluded: set[str]
    runs: LoopRuns
    webs: Webs = field(default_factory=Webs)
    made: dict[cst.CSTNode, int] = field(default_factory=dict)
    breaks: list[list[State]] = field(default_factory=list)
    continues: list[list[State]] = field(default_factory=list)
    logs: list[dict[str, set[int]]] = field(default_factory=list)  # what the `try` bodies around have assigned

    def define(self, node: cst.CSTNode | None) -> int:
        """The definition that a name's occurrence as a target is."""
        if node is not None and node in self.made:
            return self.made[node]
        definition = len(self.webs.parents)
        self.webs.parents.append(definition)
        if node is not None:
            self.made[node] = self.webs.occurrences[node] = definition
        return definition

    def statements(self, nodes: Sequence[cst.BaseStatement | cst.BaseSmallStatement], state: State) -> State:
        for node in nodes:
            if state is None:
                return None
            state = self.statement(node, dict(state))
        return state

    def statement(self, node: cst.CSTNode, state: dict[str, frozenset[int]]) -> State:
        match node:
            case cst.SimpleStatementLine() | cst.IndentedBlock() | cst.SimpleStatementSuite():
                return self.statements(node.body, state)
            case cst.If(test=test, body=body, orelse=orelse):
                self.read(test, state)
                return _merge(self.statement(body, dict(state)), self._orelse(orelse, state))
            case cst.While(test=test, body=body, orelse=orelse):
                runs = self.runs.of_while(test)
                return self._loop(state, lambda head: self._read_into(test, head), body, orelse, runs)
            case cst.For(iter=iterable, target=target, body=body, orelse=orelse):
                self.read(iterable, state)
                runs = self.runs.of_for(iterable)
                return self._loop(state, lambda head: self.assign(target, head), body, orelse, runs)
            case cst.Try():
                return self._try(node, state)
            case cst.With(items=items, body=body):
                for item in items:
                    self.read(item.item, state)
                return self.statement(body, state)
            case cst.Match(subject=subject, cases=cases):
                self.read(subject, state)
                return _merge(state, *(self.statement(case.body, dict(state)) for case in cases))
            case cst.FunctionDef() | cst.ClassDef():
                return state
            case _:
                return self._simple(node, state)

    def _simple(self, node: cst.CSTNode, state: dict[str, frozenset[int]]) -> State:
        match node:
            case cst.Assign(targets=targets, value=value):
                self.read(value, state)
                for target in targets:
                    state = self.assign(target.target, state)
                return state
            case cst.AnnAssign(target=target, value=cst.BaseExpression() as value):
                self.read(value, state)
                return self.assign(target, state)
            case cst.AugAssign(target=target, value=value):
                self.read(value, state)
                return self._augmented(target, state)
            case cst.Break():
                self.breaks[-1].append(state)
                return None
            case cst.Continue():
                self.continues[-1].append(state)
                return None
            case cst.Del(target=target):
                self.read(target, state)
                gone = set(target_names(target))
                return {name: definitions for name, definitions in state.items() if name not in gone}
            case cst.Return() | cst.Raise():
                self.read(node, state)
                return None
            case _:
                self.read(node, state)
                return state

    def _augmented(self, target: cst.BaseExpression, state: dict[str, frozenset[int]]) -> State:
        """`x += v`: x is read, then assigned."""
        web = self.webs.union(state.get(target.value, ())) if isinstance(target, cst.Name) else None
        if web is not None and isinstance(target, cst.Name) and target.value not in self.excluded:
            self.webs.augmented[target] = web
        return self.assign(target, state)

    def read(self, node: cst.CSTNode, state: dict[str, frozenset[int]]) -> None:
        """Every name in an expression is read here."""
        if isinstance(node, cst.Name):
            web = self.webs.union(state.get(node.value, ()))
            if web is not None and node.value not in self.excluded:
                self.webs.occurrences[node] = web
            return
        parts = (node.value,) if isinstance(node, cst.Attribute | cst.Arg) else children(node)
        for part in parts:
            self.read(part, state)

    def _read_into(self, node: cst.CSTNode, state: dict[str, frozenset[int]]) -> dict[str, frozenset[int]]:
        self.read(node, state)
        return state

    def assign(self, target: cst.BaseExpression, state: dict[str, frozenset[int]]) -> dict[str, frozenset[int]]:
        """The state after an assignment to a target."""
        match target:
            case cst.Name(value=name) if name not in self.excluded:
                definition = self.define(target)
                for log in self.logs:
                    log.setdefault(name, set()).add(definition)
                return {**state, name: frozenset({definition})}
            case cst.Name():
                return state
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                for element in elements:
                    state = self.assign(element.value, state)
                return state
            case cst.StarredElement(value=value):
                return self.assign(value, state)
            case _:
                self.read(target, state)
                return state

    def _orelse(self, node: cst.If | cst.Else | None, state: dict[str, frozenset[int]]) -> State:
        match node:
            case cst.If():
                return self.statement(node, dict(state))
            case cst.Else(body=body):
                return self.statement(body, dict(state))
            case _:
                return state

    def _loop(
        self,
        entry: dict[str, frozenset[int]],
        enter: Callable[[dict[str, frozenset[int]]], dict[str, frozenset[int]]],
        body: cst.BaseSuite,
        orelse: cst.Else | None,
        runs: Runs,
    ) -> State:
        """A loop, walked until its head sees no other assignments."""
        head: dict[str, frozenset[int]] = entry
        while True:
            self.breaks.append([])
            self.continues.append([])
            inside = enter(dict(head))
            after = self.statement(body, dict(inside))
            breaks, continues = self.breaks.pop(), self.continues.pop()
            end = _merge(after, *continues)
            found = _merge(head, end)
            if found is None or found == head:
                break
            head = found
        done = {Runs.FOREVER: None, Runs.SURELY: end, Runs.PERHAPS: head}[runs]
        if orelse is not None and done is not None:
            done = self.statement(orelse.body, dict(done))
        return _merge(done, *breaks)

    def _try(self, node: cst.Try, state: dict[str, frozenset[int]]) -> State:
        """What a body has assigned before it was left may be seen by what follows."""
        self.logs.append({})
        after = self.statement(node.body, dict(state))
        caught = self._logged(state)
        ends = [self.statement(handler.body, dict(caught)) for handler in node.handlers]
        if node.orelse is not None and after is not None:
            after = self.statement(node.orelse.body, dict(after))
        everything = self._logged(state)
        self.logs.pop()
        end = _merge(after, *ends)
        if node.finalbody is None:
            return end
        final = self.statement(node.finalbody.body, everything)
        return None if end is None else final

    def _logged(self, state: dict[str, frozenset[int]]) -> dict[str, frozenset[int]]:
        log = self.logs[-1]
        names = state.keys() | log.keys()
        return {name: state.get(name, frozenset()) | frozenset(log.get(name, ())) for name in names}
