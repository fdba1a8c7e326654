"""What the uses of a parameter tell of its type.

`x.view(n, -1)` tells that `n` is an int, `if mode == "sum"` that `mode` is a text, and `self.grow(width)` that `width`
is what the method's own parameter is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import libcst as cst

from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import flows
from py2cpp_autograd.frontend.lower.parameters import FunctionNode
from py2cpp_autograd.frontend.walk import Visitor, children
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.row import Row
from py2cpp_autograd.table.signature import Either, Maybe, Parameter, Signature, SigType, Word
from py2cpp_autograd.table.signature import Sequence as Several
from py2cpp_autograd.types import BOOL, FLOAT, INT, STR, TENSOR, ListType, Type

_WORDS: dict[str, Type] = {
    "int": INT, "float": FLOAT, "bool": BOOL, "str": STR, "Tensor": TENSOR, "Size": ListType(INT, fixed=True),
}  # fmt: skip
_ARITHMETIC = cst.Add | cst.Subtract | cst.Multiply | cst.FloorDivide | cst.Modulo

#: What a parameter of a function of the program is, by its uses there: of a method of a class, or of a function.
Asked = Callable[[FunctionNode, cst.Param, str | None], Type | None]


@dataclass(frozen=True)
class Told:
    """What uses tell: `sure` is what Python would refuse otherwise, `likely` what people mean.

    `attributes` are those that are read.
    """

    sure: Type | None
    likely: Type | None
    attributes: frozenset[str]


def told(
    context: Context, spellings: set[str], class_name: str | None, bodies: Iterable[cst.CSTNode], asked: Asked
) -> Told:
    """What the uses of a parameter tell, spelled like this in some code of a class, or of no class."""
    bodies = list(bodies)
    uses = _Uses(context, spellings, class_name, flows.of(bodies), asked)
    for body in bodies:
        uses.visit(body)
    return Told(uses.found, uses.weak, frozenset(uses.attributes))


class _Uses(Visitor):

    def __init__(
        self, context: Context, spellings: set[str], class_name: str | None, sources: flows.Sources, asked: Asked
    ) -> None:
        self.context, self.spellings, self.class_name = context, spellings, class_name
        self.sources, self.asked = sources, asked
        self.found: Type | None = None
        self.weak: Type | None = None
        self.attributes: set[str] = set()

    def _tell(self, node: cst.BaseExpression | None, type_: Type | None) -> None:
        """`type_` is wanted where `node` stands, which may be the parameter or arithmetic with it."""
        if node is not None and type_ is not None and self.found is None:
            self.found = self._made_of(node, type_, frozenset())

    def _hint(self, node: cst.BaseExpression, type_: Type | None) -> None:
        """`type_` is likely where `node` stands."""
        if type_ is not None and self.weak is None:
            self.weak = self._made_of(node, type_, frozenset())

    def _made_of(self, node: cst.BaseExpression, type_: Type, followed: frozenset[str]) -> Type | None:
        """What the parameter is, if it is in `node` and that is of `type_`."""
        if self._is(node):
            return type_
        found = (
            self._made_of(part, part_type, followed | {node.value} if isinstance(node, cst.Name) else followed)
            for part, part_type in self._parts(node, type_, followed)
            if part_type is not None
        )
        return next((one for one in found if one is not None), None)

    def _parts(
        self, node: cst.BaseExpression, type_: Type, followed: frozenset[str]
    ) -> Iterator[tuple[cst.BaseExpression, Type | None]]:
        """The expressions that `node` gets its value from, with the types that they are then of."""
        match node:
            case cst.Name(value=name) if name not in followed:
                yield from ((source.value, source.holding(type_)) for source in self.sources.get(name, ()))
            case cst.BinaryOperation(left=left, operator=cst.Multiply()) if isinstance(type_, ListType):
                yield left, type_
            case cst.BinaryOperation(left=left, operator=operator, right=right):
                adds = isinstance(type_, ListType) and isinstance(operator, cst.Add)
                if adds or (type_ in (INT, FLOAT) and isinstance(operator, _ARITHMETIC)):
                    yield from ((left, type_), (right, type_))
            case cst.UnaryOperation(operator=cst.Minus() | cst.BitInvert(), expression=operand):
                yield operand, type_
            case cst.IfExp(body=first, orelse=second) | cst.BooleanOperation(left=first, right=second):
                yield from ((first, type_), (second, type_))
            case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(comparator=other)]) if type_ == TENSOR:
                yield left, TENSOR if isinstance(other, cst.BaseNumber) else None
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                inner = type_.element if isinstance(type_, ListType) else type_
                yield from ((element.value, inner) for element in elements)
            case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
                if type_ != TENSOR and not isinstance(index, cst.SimpleString):
                    yield value, ListType(type_)
            case cst.Subscript(value=value, slice=[cst.SubscriptElement(slice=cst.Slice())]):
                yield value, type_

    def _is(self, node: cst.BaseExpression) -> bool:
        match node:
            case cst.Name(value=name):
                return name in self.spellings
            case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=name)):
                return f"{owner}.{name}" in self.spellings
            case _:
                return False

    # ------------------------------------------------------------------------------------------- calls

    def visit_Call(self, node: cst.Call) -> None:
        func = node.func
        name = self.context.qualified(func)
        if name is not None:
            self._api_call(node, name)
            return
        match func:
            case cst.Name(value=called):
                self._own_call(node, called)
            case cst.Attribute(value=cst.Call(func=cst.Name("super")), attr=cst.Name(value=called)):
                self._base_call(node, called)
            case cst.Attribute(value=cst.Name(value=base), attr=cst.Name("__init__")) if base in self.context.classes:
                self._method_call(node, hierarchy.method(self.context, base, "__init__"), base, 1)
            case cst.Attribute(value=cst.Name("self"), attr=cst.Name(value=called)) if self.class_name is not None:
                method = hierarchy.method(self.context, self.class_name, called)
                self._method_call(node, method, self.class_name)
            case cst.Attribute(value=value, attr=cst.Name(value=called)) if not self._is(value):
                self._row_call(node, self.context.table.find(f"{roles.TENSOR}.{called}"), 1)

    def _api_call(self, node: cst.Call, name: str) -> None:
        if name == "builtins.range":
            for argument in node.args:
                self._tell(argument.value, INT)
        else:
            self._row_call(node, self.context.table.find(name), 0)

    def _base_call(self, node: cst.Call, name: str) -> None:
        """`super().name(...)`: of a class of the program, or the constructor of a layer."""
        if self.class_name is None:
            return
        method = hierarchy.next_method(self.context, self.class_name, self.class_name, name)
        self._method_call(node, method, self.class_name)
        if method is None and name == "__init__":
            for base in hierarchy.api_bases(self.context, self.class_name):
                self._row_call(node, self.context.table.find(base), 0)

    def _row_call(self, node: cst.Call, row: Row | None, skip: int) -> None:
        """A call of the API, whose first `skip` arguments stand elsewhere: the first signature that fits tells."""
        signatures = [] if row is None else [one.signature for one in row.variants if "sig" in one.words]
        fitting = (pairs for signature in signatures if (pairs := _pairs(node, signature, skip)) is not None)
        for argument, parameter in next(fitting, []):
            several = argument.keyword is None and (len(node.args) > 1 or parameter.variadic)
            self._tell(argument.value, self._wanted(parameter.type, several and _spreads(parameter.type)))

    def _own_call(self, node: cst.Call, name: str) -> None:
        """A call of a function or class of the program: what it says of its own parameter."""
        resolved = self.context.resolve(name)
        if resolved.kind == "class":
            self._method_call(node, hierarchy.method(self.context, name, "__init__"), name)
        elif resolved.kind == "function" and resolved.scope is not None:
            definition = resolved.scope.functions[name]
            self._with_parameters(node.args, list(definition.params.params), definition, None)

    def _method_call(self, node: cst.Call, method: hierarchy.Method | None, class_name: str, skip: int = 0) -> None:
        """A call of a method, whose first `skip` arguments say which object it is for."""
        if method is not None:
            taken = list(method.node.params.params)[method.skip :]
            self._with_parameters(node.args[skip:], taken, method.node, class_name)

    def _with_parameters(
        self, given: Sequence[cst.Arg], taken: list[cst.Param], definition: FunctionNode, class_name: str | None
    ) -> None:
        named = {parameter.name.value: parameter for parameter in (*taken, *definition.params.kwonly_params)}
        for index, argument in enumerate(given):
            if argument.star:
                return
            positional = taken[index] if index < len(taken) else None
            parameter = positional if argument.keyword is None else named.get(argument.keyword.value)
            if parameter is not None and self._mentions(argument.value, set()):
                self._tell(argument.value, self.asked(definition, parameter, class_name))

    def _mentions(self, node: cst.BaseExpression, followed: set[str]) -> bool:
        """Whether the parameter is in an expression, or in what its variables come from."""
        if self._is(node):
            return True
        parts = [child for child in children(node) if isinstance(child, cst.BaseExpression)]
        if isinstance(node, cst.Name) and node.value not in followed:
            followed.add(node.value)
            parts += [source.value for source in self.sources.get(node.value, ())]
        return any(self._mentions(part, followed) for part in parts)

    def _wanted(self, type_: SigType, single: bool) -> Type | None:
        """The type that a parameter of a row takes; of `int[2]` the number, which stands for both."""
        match type_:
            case Word(name="device" | "dtype" as name):
                return roles.instance_of(self.context.table, f"torch.{name}")
            case Word(name=name):
                return _WORDS.get(name)
            case Maybe(inner=inner):
                return self._wanted(inner, single)
            case Several(element=element, size=size):
                inner_type = self._wanted(element, False)
                if inner_type is None or inner_type == TENSOR:
                    return None
                return inner_type if single or size is not None else ListType(inner_type)
            case Either(options=[Several(element=Word(name="Tensor"), size=None), *_]):
                return ListType(TENSOR)  # the parameters of an optimizer, not a tensor of them
            case Either(options=options):
                return self._wanted(options[0], single)
            case _:
                return None

    # ------------------------------------------------------------------------------------------- other uses

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if self._is(node.value):
            self.attributes.add(node.attr.value)

    def visit_Slice(self, node: cst.Slice) -> None:
        for bound in (node.lower, node.upper, node.step):
            self._tell(bound, INT)

    def visit_Comparison(self, node: cst.Comparison) -> None:
        operands = [node.left, *(target.comparator for target in node.comparisons)]
        for (left, right), target in zip(pairwise(operands), node.comparisons, strict=True):
            is_among = isinstance(target.operator, cst.In | cst.NotIn)
            for one, other in ((left, right),) if is_among else ((left, right), (right, left)):
                type_ = _element(other) if is_among else _literal(other)
                if type_ == STR and self._is(one):
                    self._tell(one, STR)
                elif type_ is not None:
                    self._hint(one, type_)

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        if isinstance(node.operator, cst.FloorDivide | cst.Modulo) and isinstance(node.right, cst.Integer):
            self._hint(node.left, INT)

    def visit_If(self, node: cst.If) -> None:
        self._flag(node.test)

    def visit_IfExp(self, node: cst.IfExp) -> None:
        self._flag(node.test)

    def _flag(self, test: cst.BaseExpression) -> None:
        plain = test.expression if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not) else test
        if self._is(plain):
            self._hint(plain, BOOL)


def _literal(node: cst.BaseExpression) -> Type | None:
    """The type of a literal."""
    match node:
        case cst.SimpleString():
            return STR
        case cst.Integer():
            return INT
        case cst.Float():
            return FLOAT
        case _:
            return None


def _element(node: cst.BaseExpression) -> Type | None:
    """The type of what a written-out collection of literals holds, by its first."""
    match node:
        case cst.Tuple(elements=[first, *_]) | cst.List(elements=[first, *_]) | cst.Set(elements=[first, *_]):
            return _literal(first.value)
        case cst.SimpleString():
            return STR
        case _:
            return None


def _pairs(node: cst.Call, signature: Signature, skip: int) -> list[tuple[cst.Arg, Parameter]] | None:
    """The arguments of a call with the parameters of a row that take them; None where one has none."""
    plain = [parameter for parameter in signature.parameters if not parameter.keyword_only][skip:]
    spreading = plain[-1] if plain and _spreads(plain[-1].type) else None
    pairs: list[tuple[cst.Arg, Parameter]] = []
    starred = False
    for index, argument in enumerate(node.args):
        starred = starred or bool(argument.star)
        if argument.star:
            continue
        if argument.keyword is not None:
            found = signature.parameter(argument.keyword.value)
        else:
            found = plain[index] if index < len(plain) and not starred else spreading
        if found is not None:
            pairs.append((argument, found))
        elif not starred:
            return None
    return pairs


def _spreads(type_: SigType) -> bool:
    """Whether further arguments of a call belong to this parameter: `x.view(2, 3)`."""
    return isinstance(type_, Several)
