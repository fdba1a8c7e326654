"""`grad(f)(x)`, `vmap(f, in_dims=(0, None))(xs, y)`, `vjp(f, x)`: functions of functions, by the types of the calls.

The function is lowered as a lambda of the types that it is given; what its derivatives are like follows from what it
takes and gives. A transform of a transform (`vmap(grad(f))`) is a lambda that calls the inner one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import open_functions
from py2cpp_autograd.frontend.lower.star_arguments import spread
from py2cpp_autograd.frontend.lower.transform_options import Options, options_of
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    NEVER,
    TENSOR,
    DictType,
    FunctionType,
    ListType,
    NeverType,
    OptionalType,
    TensorType,
    TupleType,
    Type,
)

#: The results of a transform: from the types of the arguments, the options and the type of the function's value.
Result = Callable[[Sequence[Type], Options, Type], tuple[Type, ...]]


def curried(context: Context, node: cst.Call) -> ir.Expr | None:
    """`grad(f, argnums=1)(x, y)`; None for other calls."""
    inner = node.func
    name = context.qualified(inner.func) if isinstance(inner, cst.Call) else None
    if not isinstance(inner, cst.Call) or name not in roles.TRANSFORMS:
        return None
    arguments = _arguments(context, node.args)
    options = options_of(context, inner, len(arguments))
    return _Call(context, node, roles.TRANSFORMS[name]).lower(options, arguments)


def lower(context: Context, node: cst.Call, name: str) -> ir.Expr:
    """`vjp(f, x, y)`, `jvp(f, (x, y), (u, v))`; a transform that is not called is refused."""
    if name in roles.TRANSFORMS:
        advice = "call it where it is made, or give it to a variable of its own"
        context.refuse("PCA103", node, f"what {name.rpartition('.')[2]} makes is only known where it is called", advice)
    is_pushforward = name == roles.PUSHFORWARD
    options = options_of(context, node, None)
    positional = [argument for argument in node.args if argument.keyword is None][1:]
    arguments = _arguments(context, positional)
    if not is_pushforward:
        return _Call(context, node, name).lower(options, arguments)
    if len(arguments) != 2 or not isinstance(arguments[0].type, TupleType):
        context.refuse("PCA306", node, "jvp takes a function, and tuples of primals and tangents")
    return _Call(context, node, name).lower(options, arguments, arguments[0].type.elements)


def _arguments(context: Context, given: Sequence[cst.Arg]) -> list[ir.Expr]:
    found: list[ir.Expr] = []
    for argument in given:
        if argument.keyword is not None or argument.star == "**":
            context.refuse("PCA306", argument, "a transformed function is called by position here")
        value = context.expression(argument.value)
        found += spread(context, argument, value) if argument.star else [value]
    return found


@dataclass(frozen=True)
class _Call:
    context: Context
    node: cst.Call
    name: str

    def lower(self, options: Options, arguments: list[ir.Expr], taken: Sequence[Type] | None = None) -> ir.Expr:
        """The call: the function as a value of the types that it takes, and its results."""
        context, span = self.context, self.context.span(self.node)
        if not all(is_settled(argument.type) for argument in arguments):
            context.pending(self.node)
        types = tuple(argument.type for argument in arguments) if taken is None else tuple(taken)
        function = _function(context, options.function, types)
        assert isinstance(function.type, FunctionType)
        if isinstance(function.type.result, NeverType) or not is_settled(function.type.result):
            context.pending(self.node)
        value, aux = self._split(options, function.type.result)
        self._check(options, types, value)
        results = _RESULTS[self.name](types, options, value)
        type_ = self._shaped(results, aux)
        packed = ir.TupleDisplay(tuple(arguments), TupleType(tuple(argument.type for argument in arguments)), span)
        given = (ir.Argument("func", function), ir.Argument("args", packed), *options.written(span))
        return ir.Apply(self.name, 0, "call", given, type_, span)

    def _split(self, options: Options, result: Type) -> tuple[Type, Type | None]:
        if not options.has_aux:
            return result, None
        if not isinstance(result, TupleType) or len(result.elements) != 2:
            self.context.refuse("PCA306", self.node, "with has_aux=True the function gives two things")
        return result.elements[0], result.elements[1]

    def _check(self, options: Options, types: Sequence[Type], value: Type) -> None:
        chosen = types if options.places is None else [types[place] for place in options.places]
        if self.name != roles.VMAP and not all(map(_is_tree, chosen)):
            wrong = next(type_ for type_ in chosen if not _is_tree(type_))
            self.context.refuse("PCA302", self.node, f"what is differentiated must be made of tensors, not {wrong}")
        if self.name in roles.SCALAR_TRANSFORMS and not isinstance(value, TensorType):
            self.context.refuse("PCA302", self.node, f"the function must give one tensor, not {value}")
        if not _is_tree(value):
            self.context.refuse("PCA302", self.node, f"the function must give tensors, not {value}")
        batched = zip(types, options.in_dims or (0,) * len(types), strict=True)
        other = next((type_ for type_, dim in batched if dim is not None and not _is_tree(type_)), None)
        if self.name == roles.VMAP and other is not None:
            message = f"vmap runs over tensors, not over {other}"
            self.context.refuse("PCA302", self.node, message, "say in_dims=None for this argument")

    def _shaped(self, results: tuple[Type, ...], aux: Type | None) -> Type:
        """What the transform gives: Python puts what the function gives besides its value last."""
        if aux is None:
            return results[0] if len(results) == 1 else TupleType(results)
        if self.name == roles.GRAD_AND_VALUE:
            return TupleType((results[0], TupleType((results[1], aux))))
        return TupleType((*results, aux))


def _function(context: Context, node: cst.BaseExpression, types: tuple[Type, ...]) -> ir.Expr:
    expected = FunctionType(types, NEVER)
    if isinstance(node, cst.Lambda) and len(node.params.params) == len(types):
        return context.expression(node, expected)
    is_transform = isinstance(node, cst.Call) and context.qualified(node.func) in roles.TRANSFORMS
    if not is_transform and not isinstance(node, cst.Name | cst.Attribute | cst.Lambda):
        context.refuse("PCA103", node, "this function must have a name here", "give it to a variable first")
    made = open_functions.calling(context, node, len(types), "input")
    return context.expression(made, expected)


def _is_tree(type_: Type) -> bool:
    """Whether a value is made of tensors alone."""
    match type_:
        case TensorType():
            return True
        case TupleType(elements=elements):
            return all(map(_is_tree, elements))
        case ListType(element=inner) | DictType(value=inner):
            return _is_tree(inner)
        case _:
            return False


def _with_leaves(type_: Type, leaf: Type) -> Type:
    """The type of a tree with something else in the place of its tensors."""
    match type_:
        case TensorType():
            return leaf
        case TupleType(elements=elements):
            return TupleType(tuple(_with_leaves(element, leaf) for element in elements))
        case ListType(element=inner):
            return ListType(_with_leaves(inner, leaf), type_.fixed)
        case DictType(key=key, value=inner):
            return type(type_)(key, _with_leaves(inner, leaf))
        case OptionalType(inner=inner):
            return OptionalType(_with_leaves(inner, leaf))
        case _:
            return type_


def _chosen(types: Sequence[Type], options: Options) -> Type:
    """What is differentiated: one argument, or a tuple of those that a tuple of places names."""
    assert options.places is not None
    chosen = tuple(types[place] for place in options.places)
    return TupleType(chosen) if options.several else chosen[0]


def _gradients(types: Sequence[Type], options: Options, value: Type) -> tuple[Type, ...]:
    return (_chosen(types, options),)


def _gradients_and_value(types: Sequence[Type], options: Options, value: Type) -> tuple[Type, ...]:
    return _chosen(types, options), value


def _jacobian(types: Sequence[Type], options: Options, value: Type) -> tuple[Type, ...]:
    return (_with_leaves(value, _with_leaves(_chosen(types, options), TENSOR)),)


def _hessian(types: Sequence[Type], options: Options, value: Type) -> tuple[Type, ...]:
    rows = _with_leaves(_chosen(types, options), TENSOR)
    return (_with_leaves(value, _with_leaves(rows, rows)),)


def _batch(types: Sequence[Type], options: Options, value: Type) -> tuple[Type, ...]:
    return (value,)


def _pullback(types: Sequence[Type], options: Options, value: Type) -> tuple[Type, ...]:
    return value, FunctionType((value,), TupleType(tuple(types)))


def _pushforward(types: Sequence[Type], options: Options, value: Type) -> tuple[Type, ...]:
    return value, value


_RESULTS: dict[str, Result] = {
    roles.GRAD: _gradients,
    roles.GRAD_AND_VALUE: _gradients_and_value,
    roles.JACREV: _jacobian,
    roles.JACFWD: _jacobian,
    roles.HESSIAN: _hessian,
    roles.VMAP: _batch,
    roles.PULLBACK: _pullback,
    roles.PUSHFORWARD: _pushforward,
}
