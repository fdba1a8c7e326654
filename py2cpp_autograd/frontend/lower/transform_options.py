"""The options of transforms of functions, which are literals: `argnums=(0, 1)`, `has_aux=True`, `in_dims=(None, 0)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import INT, ListType, TupleType

#: The options by position behind the function, the most that a transform has, and what each is when it is left out.
_POSITIONS: Mapping[str, tuple[str, ...]] = {
    roles.VMAP: ("in_dims", "out_dims", "randomness"),
    roles.JACFWD: ("argnums", "has_aux"),
    roles.JACREV: ("argnums",),
    roles.HESSIAN: ("argnums",),
    roles.GRAD: ("argnums", "has_aux"),
    roles.GRAD_AND_VALUE: ("argnums", "has_aux"),
    roles.PULLBACK: (),
    roles.PUSHFORWARD: (),
}
_KEYWORDS: Mapping[str, frozenset[str]] = {
    roles.VMAP: frozenset({"chunk_size"}),
    roles.JACREV: frozenset({"has_aux", "chunk_size"}),
    roles.JACFWD: frozenset({"randomness"}),
    roles.PULLBACK: frozenset({"has_aux"}),
    roles.PUSHFORWARD: frozenset({"has_aux", "strict"}),
}
#: What C++ has no counterpart of: it must be left out, or be this.
_ABSENT = {"chunk_size": None, "strict": False}
#: Where another value is not translated, though C++ would have it.
_FIXED = {(roles.JACFWD, "randomness"): "error", (roles.JACFWD, "has_aux"): False}

Dims = tuple[int | None, ...]


@dataclass(frozen=True)
class Options:
    """The function that is transformed, and how.

    `places`: the arguments that are differentiated, None: all; `several`: they make a tuple, even where that is one.
    """

    function: cst.BaseExpression
    places: tuple[int, ...] | None = None
    several: bool = False
    has_aux: bool = False
    in_dims: Dims = ()
    out_dims: tuple[int, ...] = ()
    randomness: str = "error"

    def written(self, span: Span) -> Iterator[ir.Argument]:
        """The options that differ from what C++ does without them."""
        if self.places not in (None, (0,)):
            yield ir.Argument("argnums", _ints(self.places or (), span))
        if self.has_aux:
            yield ir.Argument("has_aux", literal(True, span))
        if any(dim != 0 for dim in self.in_dims):
            elements = tuple(literal(dim, span) for dim in self.in_dims)
            yield ir.Argument("in_dims", ir.TupleDisplay(elements, TupleType(tuple(e.type for e in elements)), span))
        if any(dim != 0 for dim in self.out_dims):
            yield ir.Argument("out_dims", _ints(self.out_dims, span))
        if self.randomness != "error":
            yield ir.Argument("randomness", literal(self.randomness, span))


def _ints(values: tuple[int, ...], span: Span) -> ir.Expr:
    return ir.ListDisplay(tuple(literal(value, span) for value in values), ListType(INT, fixed=True), span)


def options_of(context: Context, node: cst.Call, count: int | None) -> Options:
    """The options of a call of the transform; `count`: of the arguments that the new function is called with."""
    name = roles.TRANSFORMS.get(context.qualified(node.func) or "", context.qualified(node.func) or "")
    function, given = _given(context, node, name)
    for option, wanted in _ABSENT.items():
        if option in given and given[option][0] != wanted:
            context.refuse("PCA402", given[option][1], f"'{option}' must be {wanted} here", "leave it out")
    for (owner, option), fixed in _FIXED.items():
        if owner == name and option in given and given[option][0] != fixed:
            context.refuse("PCA402", given[option][1], f"'{option}' must be {fixed!r} here", "leave it out")
    values = {option: value for option, (value, _) in given.items()}
    has_aux = values.get("has_aux", False)
    if name in (roles.PULLBACK, roles.PUSHFORWARD):
        return Options(function, has_aux=has_aux is True)
    assert count is not None
    if name == roles.VMAP:
        return _batched(context, node, function, values, count)
    argnums = values.get("argnums", 0)
    places = argnums if isinstance(argnums, tuple) else (argnums,)
    if not all(isinstance(place, int) and -count <= place < count for place in places) or not places:
        context.refuse("PCA306", node, f"argnums={argnums} names no arguments of this call, which has {count}")
    if isinstance(argnums, tuple) and len(argnums) == 1:
        context.refuse("PCA402", node, "a tuple of one place has no counterpart", f"write argnums={argnums[0]}")
    places = tuple(place % count for place in places)
    if len(set(places)) != len(places):
        context.refuse("PCA306", node, f"argnums={argnums} names an argument twice")
    return Options(function, places, isinstance(argnums, tuple), has_aux is True)


def _batched(
    context: Context, node: cst.Call, function: cst.BaseExpression, values: Mapping[str, object], count: int
) -> Options:
    in_dims, out_dims = values.get("in_dims", 0), values.get("out_dims", 0)
    randomness = values.get("randomness", "error")
    inner = _dims(in_dims) if isinstance(in_dims, tuple) else _dims((in_dims,) * count)
    outer = _dims(out_dims if isinstance(out_dims, tuple) else (out_dims,))
    if inner is None:
        message = "a dimension for each part of an argument has no translation"
        context.refuse("PCA402", node, message, "give one dimension, or None, for each argument")
    if outer is None or None in outer:
        context.refuse("PCA402", node, f"out_dims={out_dims} has no translation", "give dimensions")
    if len(inner) != count:
        context.refuse("PCA306", node, f"in_dims={in_dims} does not fit a call with {count} arguments")
    if randomness not in ("error", "different", "same"):
        context.refuse("PCA306", node, f"randomness={randomness!r} is none that vmap knows")
    outer_dims = tuple(dim for dim in outer if dim is not None)
    return Options(function, in_dims=inner, out_dims=outer_dims, randomness=str(randomness))


def _dims(given: tuple[object, ...]) -> Dims | None:
    """Dimensions, or None for what is no dimension; None if there is something else."""
    dims = tuple(dim for dim in given if dim is None or (isinstance(dim, int) and not isinstance(dim, bool)))
    return dims if len(dims) == len(given) else None


def _given(
    context: Context, node: cst.Call, name: str
) -> tuple[cst.BaseExpression, dict[str, tuple[object, cst.Arg]]]:
    """The function, and the options that are written, as values, with where they stand."""
    positions = ("func", *_POSITIONS[name])
    known = {*positions, *_KEYWORDS.get(name, ())}
    positional = [argument for argument in node.args if argument.keyword is None and not argument.star]
    primals = name in (roles.PULLBACK, roles.PUSHFORWARD)
    if any(argument.star == "**" for argument in node.args) or (not primals and len(positional) > len(positions)):
        context.refuse("PCA306", node, f"the options are: {', '.join(sorted(known))}")
    written = dict(zip(positions, positional, strict=False))
    written.update({a.keyword.value: a for a in node.args if a.keyword is not None})
    unknown = next((option for option in written if option not in known), None)
    if unknown is not None or "func" not in written:
        context.refuse("PCA306", node, f"the options are: {', '.join(sorted(known))}")
    function = written.pop("func").value
    return function, {option: (_literal(context, option, argument), argument) for option, argument in written.items()}


def _literal(context: Context, option: str, argument: cst.Arg) -> object:
    try:
        value: object = ast.literal_eval(context.source.module.code_for_node(argument.value))
    except (ValueError, SyntaxError):
        context.refuse("PCA404", argument, f"'{option}' must be a literal here", "write the value itself")
    return value
