"""An attribute that is a list until the constructor makes modules of it: the list becomes a variable.

    self.features = [conv(3, 32)]                              features = [conv(3, 32)]
    for n in sizes:                                            for n in sizes:
        self.features.append(block(n))              ->             features.append(block(n))
    self.features = nn.Sequential(*self.features)              self.features = nn.Sequential(*features)

Nothing else may see the attribute before: the object itself stays in the constructor, and the methods that it calls do
not name the attribute.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.spans import Spans, with_classes
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children

_NEW = "__init__"
#: Methods of modules that look at no attribute but the one that they make.
_REGISTERING = frozenset({"add_module", "register_buffer", "register_module", "register_parameter"})


def keep_lists_in_variables(source: Source) -> Source:
    """The source with lists that become modules in variables of their constructors."""
    return with_classes(source, _class)


def _class(spans: Spans, node: cst.ClassDef) -> cst.ClassDef:
    methods = {item.name.value: item for item in node.body.body if isinstance(item, cst.FunctionDef)}
    new = methods.get(_NEW)
    if new is None or not isinstance(new.body, cst.IndentedBlock) or not new.params.params:
        return node
    self = new.params.params[0].name.value
    statements = list(new.body.body)
    for name, first, last in _collected(statements, self):
        lines = statements[first : last + 1]
        if not all(_keeps_to_itself(line, self, name, methods) for line in lines):
            continue
        variable = name
        while variable in names_used(new):
            variable += "_"
        statements[first : last + 1] = [
            _with_variable(spans, line, self, name, variable, line is lines[-1]) for line in lines
        ]
    if statements == list(new.body.body):
        return node
    made = spans.changed(new, body=spans.changed(new.body, body=statements))
    body = [made if item is new else item for item in node.body.body]
    return spans.changed(node, body=spans.changed(node.body, body=body))


def _collected(statements: Sequence[cst.CSTNode], self: str) -> Iterator[tuple[str, int, int]]:
    """The attributes that begin as a list and are given something else, with the places of these two statements."""
    places: dict[str, list[int]] = {}
    for place, statement in enumerate(statements):
        assigned = _assigned(statement, self)
        if assigned is None:
            continue
        name, value = assigned
        if name in places or isinstance(value, cst.List | cst.ListComp):
            places.setdefault(name, []).append(place)
    for name, found in places.items():
        last = _assigned(statements[found[-1]], self)
        if len(found) > 1 and last is not None and isinstance(last[1], cst.Call):
            yield name, found[0], found[-1]


def _assigned(node: cst.CSTNode, self: str) -> tuple[str, cst.BaseExpression] | None:
    """`self.name = value`: the name and the value."""
    match node:
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=target)], value=value)]):
            name = _attribute(target, self)
            return None if name is None else (name, value)
        case _:
            return None


def _attribute(node: cst.CSTNode, self: str) -> str | None:
    match node:
        case cst.Attribute(value=cst.Name(value=value), attr=cst.Name(value=name)) if value == self:
            return name
        case _:
            return None


def _keeps_to_itself(node: cst.CSTNode, self: str, name: str, methods: dict[str, cst.FunctionDef]) -> bool:
    """Whether what a statement does with the object shows its attribute to nothing else."""
    match node:
        case cst.Lambda() | cst.FunctionDef() | cst.ClassDef():
            return self not in names_used(node)
        case cst.Call(func=cst.Name(value="super")):
            return True
        case cst.Call(func=cst.Attribute() as func) if _attribute(func, self) is not None:
            called = func.attr.value
            shown = name in _attributes(methods[called]) if called in methods else called not in _REGISTERING
            if shown and called != name:
                return False
            return all(_keeps_to_itself(arg, self, name, methods) for arg in node.args)
        case cst.Attribute(value=cst.Name(value=value)) if value == self:
            return True
        case cst.Name(value=value):
            return value != self
        case _:
            return all(_keeps_to_itself(child, self, name, methods) for child in children(node))


def _attributes(node: cst.CSTNode) -> set[str]:
    found = {node.attr.value} if isinstance(node, cst.Attribute) else set()
    return found.union(*map(_attributes, children(node)))


def _with_variable(
    spans: Spans, node: cst.CSTNode, self: str, name: str, variable: str, is_last: bool
) -> cst.SimpleStatementLine | cst.BaseCompoundStatement:
    def rule(part: cst.CSTNode) -> cst.CSTNode | None:
        return cst.Name(variable) if _attribute(part, self) == name else None

    if is_last:
        assert isinstance(node, cst.SimpleStatementLine)
        (assign,) = node.body
        assert isinstance(assign, cst.Assign)
        value = spans.substituted(assign.value, rule)
        return spans.changed(node, body=[spans.changed(assign, value=value)])
    made = spans.substituted(node, rule)
    assert isinstance(made, cst.SimpleStatementLine | cst.BaseCompoundStatement)
    return made
