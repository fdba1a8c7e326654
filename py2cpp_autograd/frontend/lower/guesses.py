"""The types of parameters of functions that nothing calls, from what the functions do with them.

class Net(nn.Module):
    def __init__(self, width): self.fc = nn.Linear(width, 1)     # nn.Linear takes ints: width is an int
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.annotations import annotated, class_type
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import flows
from py2cpp_autograd.frontend.lower.parameters import FunctionNode
from py2cpp_autograd.frontend.walk import Visitor, children
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.signature import Either, Maybe, Sequence, Signature, SigType, Variable, Word
from py2cpp_autograd.types import BOOL, FLOAT, INT, STR, TENSOR, ListType, Type

_WORDS: dict[str, Type] = {
    "int": INT, "float": FLOAT, "bool": BOOL, "str": STR, "Tensor": TENSOR, "Size": ListType(INT, fixed=True),
}  # fmt: skip
_ARITHMETIC = cst.Add | cst.Subtract | cst.Multiply | cst.FloorDivide | cst.Modulo
_DEPTH = 4


def guess(context: Context, definition: FunctionNode, name: str, class_name: str | None, depth: int = 0) -> Type | None:
    """What the first telling use of a parameter says that it is; None where no use tells."""
    if depth > _DEPTH:
        return None
    key = (definition, name, class_name, depth)
    if key not in context.guesses:
        context.guesses[key] = _guess(context, definition, name, class_name, depth)
    return context.guesses[key]


def _guess(context: Context, definition: FunctionNode, name: str, class_name: str | None, depth: int) -> Type | None:
    spellings = {name}
    bodies: list[cst.CSTNode] = [definition.body]
    if class_name is not None and isinstance(definition, cst.FunctionDef) and definition.name.value == "__init__":
        stored = list(_stored(definition, name))
        spellings |= {f"self.{attribute}" for attribute in stored}
        bodies += [
            m.node.body for m in hierarchy.methods(context, class_name).values() if stored and m.node != definition
        ]
    uses = _Uses(context, spellings, depth, flows.of(bodies))
    for body in bodies:
        uses.visit(body)
    return uses.found or _with_attributes(context, uses.attributes) or uses.weak


def _with_attributes(context: Context, names: set[str]) -> Type | None:
    """The one type that has these attributes: a tensor, or a class of the program."""
    if not names:
        return None
    tensor = {name for name in names if context.table.find(f"{roles.TENSOR}.{name}") is not None}
    if len(tensor) > len(names - tensor):
        return TENSOR
    found = [name for name in context.classes if name not in context.origins and _has(context, name, names)]
    return class_type(context, found[0]) if len(found) == 1 else None


def _has(context: Context, class_name: str, names: set[str]) -> bool:
    """Whether instances of a class of the program have all of these attributes and methods."""
    known = {*hierarchy.methods(context, class_name), *hierarchy.fields(context, class_name)}
    return all(name in known or hierarchy.assigns(context, class_name, name) for name in names)


def _stored(definition: cst.FunctionDef, name: str) -> Iterator[str]:
    """The attributes that a constructor gives the parameter to."""
    for item in definition.body.body:
        for part in item.body if isinstance(item, cst.SimpleStatementLine) else ():
            match part:
                case cst.Assign(
                    targets=[cst.AssignTarget(target=cst.Attribute(value=cst.Name("self"), attr=cst.Name(attribute)))],
                    value=cst.Name(value=given),
                ) if given == name:
                    yield attribute


class _Uses(Visitor):
    """Collects what the uses of a parameter tell: `found` of what Python would refuse otherwise, else `weak`."""

    def __init__(self, context: Context, spellings: set[str], depth: int, sources: flows.Sources) -> None:
        self.context, self.spellings, self.depth, self.sources = context, spellings, depth, sources
        self.found: Type | None = None
        self.weak: Type | None = None
        self.attributes: set[str] = set()
        self.followed: set[str] = set()

    def _tell(self, node: cst.BaseExpression, type_: Type | None) -> None:
        """`type_` is wanted where `node` stands, which may be the parameter or arithmetic with it."""
        if type_ is None or self.found is not None:
            return
        if self._is(node):
            self.found = type_
        match node:
            case cst.Name(value=name) if name in self.sources and name not in self.followed:
                self.followed.add(name)
                for source in self.sources[name]:
                    self._tell(source.value, source.holding(type_))
                self.followed.discard(name)
            case cst.BinaryOperation(left=left, operator=operator, right=right) if isinstance(operator, _ARITHMETIC):
                for part in (left, right) if type_ in (INT, FLOAT) else ():
                    self._tell(part, type_)
            case cst.IfExp(body=body, orelse=orelse):
                self._tell(body, type_)
                self._tell(orelse, type_)
            case cst.BooleanOperation(left=left, operator=cst.Or(), right=right):
                self._tell(left, type_)
                self._tell(right, type_)
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                for element in elements:
                    self._tell(element.value, type_.element if isinstance(type_, ListType) else type_)
            case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
                if self._is(value) and type_ != TENSOR and not isinstance(index, cst.SimpleString):
                    self.found = ListType(type_)

    def _is(self, node: cst.BaseExpression) -> bool:
        match node:
            case cst.Name(value=name):
                return name in self.spellings
            case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=name)):
                return f"{owner}.{name}" in self.spellings
            case _:
                return False

    # ------------------------------------------------------------------------------------------- uses

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if self._is(node.value):
            self.attributes.add(node.attr.value)

    def visit_Call(self, node: cst.Call) -> None:
        func = node.func
        name = self.context.qualified(func)
        if name is not None:
            self._api_call(node, name)
        elif isinstance(func, cst.Name):
            self._own_call(node, func.value)
        elif isinstance(func, cst.Attribute) and not self._is(func.value):
            row = self.context.table.find(f"{roles.TENSOR}.{func.attr.value}")
            if row is not None and "sig" in row.variants[0].words:
                self._bind(node, row.variants[0].signature, 1)

    def _api_call(self, node: cst.Call, name: str) -> None:
        if name == "builtins.range":
            for argument in node.args:
                self._tell(argument.value, INT)
            return
        row = self.context.table.find(name)
        if row is not None and "sig" in row.variants[0].words:
            self._bind(node, row.variants[0].signature, 0)

    def _bind(self, node: cst.Call, signature: Signature, skip: int) -> None:
        plain = [parameter for parameter in signature.parameters if not parameter.keyword_only][skip:]
        for index, argument in enumerate(node.args):
            if argument.star:
                return
            if argument.keyword is not None:
                found = signature.parameter(argument.keyword.value)
            else:
                found = (
                    plain[index] if index < len(plain) else plain[-1] if plain and _spreads(plain[-1].type) else None
                )
            if found is not None:
                several = argument.keyword is None and (len(node.args) > 1 or found.variadic)
                self._tell(argument.value, _wanted(found.type, several and _spreads(found.type)))

    def _own_call(self, node: cst.Call, name: str) -> None:
        """A call of a function or class of the program: what it says of its own parameter."""
        resolved = self.context.resolve(name)
        definition: FunctionNode | None = None
        class_name = None
        if resolved.kind == "class":
            init = hierarchy.method(self.context, name, "__init__")
            definition, class_name = (None if init is None else init.node), name
        elif resolved.kind == "function" and resolved.scope is not None:
            definition = resolved.scope.functions[name]
        if definition is None:
            return
        parameters = list(definition.params.params)[class_name is not None :]
        for index, argument in enumerate(node.args):
            wanted = argument.keyword.value if argument.keyword is not None else None
            given = [p for p in parameters if p.name.value == wanted] or parameters[index : index + 1]
            if given and not argument.star and self._mentions(argument.value):
                self._tell(argument.value, self._of_parameter(definition, given[0], class_name))

    def _mentions(self, node: cst.BaseExpression) -> bool:
        return self._is(node) or any(self._mentions(c) for c in children(node) if isinstance(c, cst.BaseExpression))

    def _of_parameter(self, definition: FunctionNode, parameter: cst.Param, class_name: str | None) -> Type | None:
        stated = annotated(self.context, parameter.annotation)
        return stated or guess(self.context, definition, parameter.name.value, class_name, self.depth + 1)

    def visit_Comparison(self, node: cst.Comparison) -> None:
        if not self._is(node.left):
            return
        match node.comparisons[0].comparator:
            case cst.SimpleString():
                self._tell(node.left, STR)
            case cst.Tuple(elements=[cst.Element(value=cst.SimpleString()), *_]):
                self._tell(node.left, STR)
            case cst.List(elements=[cst.Element(value=cst.SimpleString()), *_]):
                self._tell(node.left, STR)
            case cst.Integer():
                self.weak = self.weak or INT

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        if isinstance(node.operator, cst.FloorDivide | cst.Modulo) and isinstance(node.right, cst.Integer):
            self.weak = INT if self._is(node.left) else self.weak

    def visit_If(self, node: cst.If) -> None:
        self._flag(node.test)

    def visit_IfExp(self, node: cst.IfExp) -> None:
        self._flag(node.test)

    def _flag(self, test: cst.BaseExpression) -> None:
        plain = test.expression if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not) else test
        if self._is(plain):
            self.weak = self.weak or BOOL


def _spreads(type_: SigType) -> bool:
    """Whether further arguments of a call belong to this parameter: `x.view(2, 3)`."""
    return isinstance(type_, Sequence)


def _wanted(type_: SigType, single: bool) -> Type | None:
    """The type that a parameter of a row takes; of `int[2]` the number, which stands for both."""
    match type_:
        case Word(name=name):
            return _WORDS.get(name)
        case Maybe(inner=inner):
            return _wanted(inner, single)
        case Sequence(element=element, size=size):
            inner_type = _wanted(element, False)
            if inner_type is None or inner_type == TENSOR:
                return None
            return inner_type if single or size is not None else ListType(inner_type)
        case Either(options=options):
            return _wanted(options[0], single)
        case Variable():
            return None
        case _:
            return None
