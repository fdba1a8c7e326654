"""A module's statements with each name of its own, and each that it imports, spelled as in the one module of all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import libcst as cst
from libcst import CSTNodeT, FlattenSentinel, RemovalSentinel

from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend.bindings import bindings_of, target_names
from py2cpp_autograd.frontend.link.members import MAIN, Bound, Member, bindings, definitions, module_named
from py2cpp_autograd.frontend.link.targets import ModuleTarget, Spelling, Target, Targets, Thing
from py2cpp_autograd.frontend.walk import children, dotted, walk
from py2cpp_autograd.nearest import did_you_mean


@dataclass
class _Scope:
    """A function, class body or comprehension: the names that it hides, and those that its imports bind."""

    hidden: set[str]
    is_class: bool = False
    declared_global: set[str] = field(default_factory=set)
    imports: dict[str, Bound] = field(default_factory=dict)


class _Names(cst.CSTTransformer):
    """Rewrites statements of one member. Reports what is no use of a module."""

    def __init__(self, targets: Targets, spelling: Spelling, member: Member) -> None:
        super().__init__()
        self.targets, self.spelling, self.member = targets, spelling, member
        self.scopes: list[_Scope] = []
        self.placed: dict[cst.CSTNode, cst.CSTNode] = {}
        self._kept: set[cst.CSTNode] = set()
        self._replaced: dict[cst.CSTNode, cst.CSTNode | None] = {}

    def of(self, node: CSTNodeT) -> CSTNodeT:
        """A statement with its names; `placed` says which node each new one stands for."""
        made = node.visit(self)
        assert isinstance(made, cst.CSTNode)
        return made

    # ------------------------------------------------------------------------------------------------- names

    def _target(self, name: str) -> Target | None:
        """What a bare name stands for here; None for a variable of a function, and for what is built in."""
        for depth, scope in enumerate(reversed(self.scopes)):
            if scope.is_class and depth > 0:
                continue
            if name in scope.declared_global:
                break
            if name in scope.imports:
                return self._required(scope.imports[name])
            if name in scope.hidden:
                return None
        return self.targets.of_name(self.member, name)

    def _required(self, bound: Bound) -> Target | None:
        return self.targets.of_import(bound)

    def _chain(self, node: cst.BaseExpression) -> Target | None:
        """What a dotted name stands for, as far as it names modules of the project."""
        match node:
            case cst.Name(value=name):
                return self._target(name)
            case cst.Attribute(value=value, attr=attr):
                owner = self._chain(value)
                if not isinstance(owner, ModuleTarget):
                    return None
                found = self.targets.of_attribute(owner.module, attr.value)
                if found is None:
                    self._report_missing(attr, owner.module, attr.value)
                return found
            case _:
                return None

    def _report_missing(self, node: cst.CSTNode, module: str, name: str) -> None:
        loading = self.targets.loading
        owner = self.targets.members.get(module)
        path = loading.path_of(module) or module
        advice = None if owner is None else did_you_mean(name, (*owner.own, *owner.imports))
        loading.report.add("PCA201", loading.span(self.member, node), f"{path} has no '{name}'", advice)
        raise Refusal

    def _spelled(self, name: str, target: Target | None) -> str | None:
        if not isinstance(target, Thing):
            return None
        return self.spelling(name, target) if target.is_foreign else self.spelling.of(target)

    def local(self, name: str) -> str:
        """The spelling of a name that the module binds itself."""
        return self._spelled(name, self.targets.of_name(self.member, name)) or name

    # ------------------------------------------------------------------------------------- leaves and chains

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        target = self._chain(node)
        self._kept.add(node.attr)
        if isinstance(target, Thing):
            name = self._spelled(node.attr.value, target)
            assert name is not None
            self._replaced[node] = cst.Name(name)
            return False
        if isinstance(target, ModuleTarget):
            self._refuse_value(node, target)
        return True

    def visit_Name(self, node: cst.Name) -> bool:
        if node.value == "__name__" and self.member.name != MAIN:
            self._replaced[node] = cst.SimpleString(repr(self.member.name))
        elif node not in self._kept:
            target = self._target(node.value)
            if isinstance(target, ModuleTarget):
                self._refuse_value(node, target)
            name = self._spelled(node.value, target)
            if name is not None and name != node.value:
                self._replaced[node] = node.with_changes(value=name)
        return False

    def _refuse_value(self, node: cst.CSTNode, target: ModuleTarget) -> None:
        loading = self.targets.loading
        message = f"module '{target.module}' is used as a value, which C++ has not"
        loading.report.add("PCA204", loading.span(self.member, node), message, "name what is needed: module.name")
        raise Refusal

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self._kept.add(node.keyword)

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._check_assigned(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._check_assigned(node.target)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._check_assigned(node.target)

    def visit_Del(self, node: cst.Del) -> None:
        self._check_assigned(node.target, deleted=True)

    def _check_assigned(self, node: cst.BaseExpression, deleted: bool = False) -> None:
        """Refuse to change what a module has from inside a function, which would have a variable of its own."""
        if isinstance(node, cst.Tuple | cst.List):
            for element in node.elements:
                self._check_assigned(element.value, deleted)
        elif isinstance(node, cst.Attribute) and (self.scopes or deleted) and self._chain(node) is not None:
            loading = self.targets.loading
            message = f"'{node.attr.value}' of another module is {'deleted' if deleted else 'assigned in a function'}"
            advice = "write a function in that module that does it, with `global`"
            loading.report.add("PCA206", loading.span(self.member, node), message, advice)
            raise Refusal

    def visit_FormattedStringExpression(self, node: cst.FormattedStringExpression) -> None:
        if node.equal is None:
            return
        made = self.of(node.expression)
        if not made.deep_equals(node.expression):
            loading = self.targets.loading
            message = "the text of `=` would have the name in one module that another module gave it"
            loading.report.add("PCA601", loading.span(self.member, node), message, "write the text out")
            raise Refusal

    def visit_Param(self, node: cst.Param) -> None:
        self._kept.add(node.name)

    def visit_MatchKeywordElement(self, node: cst.MatchKeywordElement) -> None:
        self._kept.add(node.key)

    def visit_Nonlocal(self, node: cst.Nonlocal) -> bool:
        return False

    def visit_Import(self, node: cst.Import) -> bool:
        self._replaced[node] = self.imports(node)
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        self._replaced[node] = self.imports(node)
        return False

    def imports(self, node: cst.Import | cst.ImportFrom) -> cst.Import | cst.ImportFrom | None:
        """What stays of an import: the modules of others, under the names that the one module of all has for them."""
        if isinstance(node.names, cst.ImportStar):
            return None if self._is_own(node) else node
        kept: list[cst.ImportAlias] = []
        for alias, (_, bound) in zip(node.names, bindings(self.member, node), strict=True):
            if not self.targets.loading.is_known(bound.module):
                kept.append(alias if self.scopes else self._respelled(alias, bound))
            elif self.targets.of_import(bound) is None:
                self._report_missing(alias, bound.module, bound.name or "")
        return node.with_changes(names=_without_comma(kept)) if kept else None

    def _is_own(self, node: cst.Import | cst.ImportFrom) -> bool:
        module = module_named(self.member, node) if isinstance(node, cst.ImportFrom) else ""
        return self.targets.loading.is_known(module)

    def _respelled(self, alias: cst.ImportAlias, bound: Bound) -> cst.ImportAlias:
        local = _local_name(alias)
        spelled = self.local(local)
        if spelled == local:
            return alias
        name = alias.name if bound.name is not None or alias.asname is not None else cst.Name(bound.module)
        return alias.with_changes(name=name, asname=cst.AsName(cst.Name(spelled)))

    def visit_Annotation(self, node: cst.Annotation) -> bool:
        text = node.annotation
        if not isinstance(text, cst.SimpleString) or not isinstance(text.evaluated_value, str):
            return True
        try:
            written = cst.parse_expression(text.evaluated_value)
        except cst.ParserSyntaxError:
            return True
        made = written.visit(self)
        if isinstance(made, cst.BaseExpression) and not made.deep_equals(written):
            self.placed.update(dict.fromkeys(walk(made), text))
            self._replaced[node] = node.with_changes(annotation=made)
        return False

    # -------------------------------------------------------------------------------------------------- scopes

    @contextmanager
    def _inside(self, scope: _Scope) -> Iterator[None]:
        self.scopes.append(scope)
        try:
            yield
        finally:
            self.scopes.pop()

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        taken = {part.name.value for part in walk(node.params) if isinstance(part, cst.Param)}
        with self._inside(self._scope_of(node.body, taken)):
            body = self.of(node.body)
        parts = {
            "decorators": [self.of(part) for part in node.decorators],
            "params": self.of(node.params),
            "returns": None if node.returns is None else self.of(node.returns),
        }
        made = node.with_changes(name=self._defined(node.name), body=body, **parts)
        self._replaced[node] = made
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        scope = self._scope_of(node.body, set())
        scope.is_class = True
        with self._inside(scope):
            body = self.of(node.body)
        parts = {name: [self.of(part) for part in getattr(node, name)] for name in ("decorators", "bases", "keywords")}
        self._replaced[node] = node.with_changes(name=self._defined(node.name), body=body, **parts)
        return False

    def _defined(self, name: cst.Name) -> cst.Name:
        """The name of a definition: of the module's own ones, as it is spelled."""
        made = name if self.scopes else name.with_changes(value=self.local(name.value))
        self.placed[made] = name
        return made

    def _scope_of(self, body: cst.BaseSuite, taken: set[str]) -> _Scope:
        found = bindings_of(body)
        local = {name for name in found.counts if found.is_local(name)} | taken
        inner = body.body if isinstance(body, cst.IndentedBlock) else ()
        local |= {node.name.value for node in definitions(inner)}
        imports = {}
        for node in _imports_in(body):
            for name, bound in bindings(self.member, node):
                if self.targets.loading.is_known(bound.module):
                    imports[name] = bound
                else:
                    local.add(name)
        local -= found.declared_nonlocal
        return _Scope(local - imports.keys(), declared_global=found.declared_global, imports=imports)

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        taken = {part.name.value for part in walk(node.params) if isinstance(part, cst.Param)}
        with self._inside(_Scope(taken)):
            body = self.of(node.body)
        self._replaced[node] = node.with_changes(params=self.of(node.params), body=body)
        return False

    def visit_ListComp(self, node: cst.ListComp) -> bool:
        return self._comprehension(node)

    def visit_SetComp(self, node: cst.SetComp) -> bool:
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: cst.GeneratorExp) -> bool:
        return self._comprehension(node)

    def visit_DictComp(self, node: cst.DictComp) -> bool:
        return self._comprehension(node)

    def _comprehension(self, node: cst.BaseComp) -> bool:
        """Its variables are its own; what it runs over first is found outside."""
        first = self.of(node.for_in.iter)
        bound = {name for part in walk(node) if isinstance(part, cst.CompFor) for name in target_names(part.target)}
        names = ("key", "value") if isinstance(node, cst.DictComp) else ("elt",)
        with self._inside(_Scope(bound)):
            for_in = self.of(node.for_in)
            parts = {name: self.of(getattr(node, name)) for name in names}
        made = for_in.with_changes(iter=first)
        self.placed[made] = node.for_in
        self._replaced[node] = node.with_changes(for_in=made, **parts)
        return False

    # ------------------------------------------------------------------------------------------------- leaving

    def on_leave(
        self, original_node: CSTNodeT, updated_node: CSTNodeT
    ) -> CSTNodeT | RemovalSentinel | FlattenSentinel[CSTNodeT]:
        made = self._replaced.pop(original_node, updated_node)
        if made is None:
            return cst.RemoveFromParent()
        if made is not original_node:
            self.placed[made] = original_node
        return cast(CSTNodeT, made)


class Renaming:
    """Rewrites statements of one member; `placed` says which node each new one stands for."""

    def __init__(self, targets: Targets, spelling: Spelling, member: Member) -> None:
        self._names = _Names(targets, spelling, member)
        self.placed = self._names.placed

    def of(self, node: CSTNodeT) -> CSTNodeT:
        """A statement with its names. Raises Refusal after reporting what is no use of a module."""
        self._names.scopes.clear()
        return self._names.of(node)

    def imports(self, node: cst.Import | cst.ImportFrom) -> cst.Import | cst.ImportFrom | None:
        """What stays of an import of the module: what it takes from others."""
        self._names.scopes.clear()
        return self._names.imports(node)

    def local(self, name: str) -> str:
        """The spelling of a name that the module binds itself."""
        return self._names.local(name)


def _local_name(alias: cst.ImportAlias) -> str:
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    return dotted(alias.name).partition(".")[0]


def _without_comma(names: list[cst.ImportAlias]) -> list[cst.ImportAlias]:
    return [*names[:-1], names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]


def _imports_in(node: cst.CSTNode) -> Iterator[cst.Import | cst.ImportFrom]:
    """The imports of a body, those of functions in it left out."""
    for child in children(node):
        if isinstance(child, cst.Import | cst.ImportFrom):
            yield child
        elif not isinstance(child, cst.FunctionDef | cst.ClassDef):
            yield from _imports_in(child)

