"""Parameters of the program's functions: how calls bind to them, their types and defaults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.annotations import annotated
from py2cpp_autograd.frontend.bindings import Bindings, names_used
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled, join
from py2cpp_autograd.frontend.lower import eager, exact_stars, flags, iterators, kept, keyword_dicts
from py2cpp_autograd.frontend.lower.aliases import note_argument
from py2cpp_autograd.frontend.lower.classes import dict_classes
from py2cpp_autograd.frontend.lower.shared_state import note_passed
from py2cpp_autograd.frontend.lower.star_arguments import collected_objects
from py2cpp_autograd.frontend.lower.symbols import DEFAULT
from py2cpp_autograd.frontend.lower.values import coerce, widen
from py2cpp_autograd.frontend.scope import SHARED, Key, Scope
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.nearest import did_you_mean
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    ABSENT,
    BOOL,
    FLOAT,
    INT,
    NEVER,
    ApiType,
    IteratorType,
    NeverType,
    NoneType,
    OptionalType,
    StrType,
    SymbolType,
    Type,
    is_number,
    without_none,
)

FunctionNode = cst.FunctionDef | cst.Lambda


@dataclass(frozen=True)
class Signature:
    """The parameters of a Python function of the program: names, defaults, which are keyword-only.

    `rest` is the parameter that takes further positional arguments, as a tuple; `keywords` the one that takes further
    keyword arguments, each of which becomes a keyword-only parameter of its own.
    """

    parameters: tuple[cst.Param, ...]
    keyword_only: frozenset[str]
    rest: str | None = None
    keywords: str | None = None
    keywords_at: Key | None = None
    collected: tuple[tuple[str, str], ...] = ()  # what calls give to `keywords`, and the parameters for it
    function: FunctionNode | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names in order."""
        return tuple(parameter.name.value for parameter in self.parameters)

    @property
    def positional(self) -> tuple[str, ...]:
        """The parameters that positional arguments fill, one each."""
        return tuple(name for name in self.names if name not in self.keyword_only and name != self.rest)

    @property
    def advice(self) -> str | None:
        """What a call that does not fit can be compared with."""
        if self.function is None:
            return None
        return f"the parameters are: ({cst.Module([]).code_for_node(self.function.params)})"


def signature_of(context: Context, node: FunctionNode, skip: int = 0) -> Signature:
    """The signature, without the first `skip` parameters (self, ctx)."""
    parameters = node.params
    plain = (*parameters.posonly_params, *parameters.params)
    rest = parameters.star_arg if isinstance(parameters.star_arg, cst.Param) else None
    keywords = _keywords(context, node)
    keyword_only = (*parameters.kwonly_params, *keywords)
    return Signature(
        (*plain[skip:], *(() if rest is None else (rest,)), *keyword_only),
        frozenset(parameter.name.value for parameter in keyword_only),
        None if rest is None else rest.name.value,
        None if parameters.star_kwarg is None else parameters.star_kwarg.name.value,
        None if parameters.star_kwarg is None else _keyword_key(context, parameters.star_kwarg),
        tuple(_spelled_keywords(context, node)),
        node,
    )


def _keywords(context: Context, node: FunctionNode) -> tuple[cst.Param, ...]:
    """The keyword arguments that calls have been seen to give to `**kwargs`."""
    found = node.params.star_kwarg
    if found is None:
        return ()
    made = tuple(cst.Param(cst.Name(name)) for _, name in _spelled_keywords(context, node))
    for parameter in made:
        context.place_at(parameter, context.span(found))
    return made


def _spelled_keywords(context: Context, node: FunctionNode) -> list[tuple[str, str]]:
    """The keywords, with the names of the parameters that stand for them."""
    found = node.params.star_kwarg
    if found is None:
        return []
    key = _keyword_key(context, found)
    names = sorted(str(fact[-1]) for fact in context.assumptions.facts.starting(*key))
    taken = names_used(node.body) if names else set()
    return [(name, keyword_dicts.spelling(taken, found.name.value, name)) for name in names]


def _keyword_key(context: Context, node: cst.Param) -> Key:
    start = context.span(node).start
    return ("keyword", start.line, start.column)


@dataclass(frozen=True)
class Given:
    """One argument of a call: a value for a keyword, or for the next position."""

    keyword: str | None
    value: ir.Expr
    node: cst.CSTNode


def bind_arguments(
    context: Context, node: cst.Call, signature: Signature, name: str, skip: int = 0
) -> dict[str, ir.Expr]:
    """The values that a call gives to parameters, in order of evaluation; defaults are left out.

    The first `skip` arguments of the call are for others.
    """
    given: dict[str, ir.Expr] = {}
    rest: list[ir.Expr] = []
    index = 0
    written = node.args[skip:]
    collected = dict(signature.collected)
    named = set(signature.names) - set(collected.values())  # parameters that the function has a name for
    _note_lent(context, written, signature)
    for argument in (part for place in range(len(written)) for part in _given(context, written, place, signature)):
        if argument.keyword is not None:
            parameter = collected.get(argument.keyword, argument.keyword)
        elif index < len(signature.positional):
            parameter, index = signature.positional[index], index + 1
        elif signature.rest is not None:
            rest.append(argument.value)
            continue
        else:
            message = f"{name} takes {len(signature.positional)} positional arguments"
            context.refuse("PCA306", argument.node, message, signature.advice)
        plain = argument.keyword is None or argument.keyword in collected
        if parameter not in signature.names or parameter == signature.rest or not (plain or parameter in named):
            _take_keyword(context, argument.node, signature, name, parameter)
        if parameter in given:
            context.refuse("PCA306", argument.node, f"{name} gets two values for '{parameter}'")
        given[parameter] = flags.as_argument(context, signature.function, parameter, argument.value)
    if signature.keywords_at is not None:
        keywords = {parameter: keyword for keyword, parameter in signature.collected}
        order = [keywords[parameter] for parameter in given if parameter in keywords]
        keyword_dicts.note_order(context, signature.keywords_at, written, order)
    if signature.rest is not None:
        given[signature.rest] = collected_objects(context, node, rest)
    for parameter, value in given.items():
        iterators.check_given(context, node, signature.function, parameter, value)
    for required in signature.parameters:
        name_of = required.name.value
        if name_of in collected.values() and name_of not in given:
            given[name_of] = ir.Literal(ABSENT.name, ABSENT, context.span(node))
        if required.default is None and name_of not in given:
            context.refuse("PCA306", node, f"{name} needs a value for '{name_of}'", signature.advice)
    return given


def _note_lent(context: Context, written: Sequence[cst.Arg], signature: Signature) -> None:
    """Remember of lambdas among the arguments, before they are lowered, what the function does with them."""
    for place, argument in enumerate(written):
        if argument.star or signature.function is None:
            return
        at = signature.positional[place] if place < len(signature.positional) else None
        parameter = at if argument.keyword is None else argument.keyword.value
        if isinstance(argument.value, cst.Lambda) and parameter is not None:
            kept.note_lent(context, argument.value, signature.function, parameter)


def _take_keyword(context: Context, node: cst.CSTNode, signature: Signature, name: str, parameter: str) -> NoReturn:
    """A keyword that no parameter has: `**kwargs` takes it, from the next round on."""
    if signature.keywords_at is None:
        advice = did_you_mean(parameter, signature.names) or signature.advice
        context.refuse("PCA306", node, f"{name} has no parameter '{parameter}'", advice)
    context.assumptions.note((*signature.keywords_at, parameter))
    context.pending(node)


def _given(context: Context, written: Sequence[cst.Arg], place: int, signature: Signature) -> list[Given]:
    """What an argument gives: itself, or the parts of a starred one."""
    argument = written[place]
    keyword = None if argument.keyword is None else argument.keyword.value
    if argument.star == "*":
        takes = [p for p in signature.parameters if p.name.value in signature.positional and signature.rest is None]
        return [Given(None, part, argument) for part in exact_stars.spread(context, argument, written, takes)]
    if argument.star == "**":
        return _double_starred(context, argument)
    before = written[:place]
    parameter = keyword
    if keyword is None and place < len(signature.positional) and not any(other.star for other in before):
        parameter = signature.positional[place]
    wanted = _lazy(context, argument.value, signature, parameter)
    return [Given(keyword, context.expression(argument.value, wanted), argument)]


def _lazy(
    context: Context, value: cst.BaseExpression, signature: Signature, parameter: str | None
) -> IteratorType | None:
    """An iterator is one for a function, unless nobody can tell it from the list of its values."""
    if not (eager.is_lazy(context, value) or eager.is_pairing(context, value)):
        return None
    function = signature.function
    once = function is not None and parameter is not None and iterators.is_read_once(function, parameter)
    return None if once and eager.is_silent(context, value) else eager.LAZY


def _double_starred(context: Context, argument: cst.Arg) -> list[Given]:
    match argument.value:
        case cst.Name() as name if keyword_dicts.is_keywords(context, name):
            passed = keyword_dicts.passed_on(context, name)
            return [Given(keyword, value, argument) for keyword, value in passed]
        case _:
            return [Given(key, value, place) for key, value, place in dict_classes.spread(context, argument)]


def argument_types(context: Context, signature: Signature, given: dict[str, ir.Expr]) -> tuple[Type, ...]:
    """The type of each parameter at this call, defaults included."""
    return tuple(
        given[name].type
        if name in given
        else flags.as_argument(context, signature.function, name, default_value(context, parameter)).type
        for name, parameter in zip(signature.names, signature.parameters, strict=True)
    )


def note_arguments(context: Context, identity: str, given: dict[str, ir.Expr]) -> None:
    """The lists and dicts that a call lends to a function, which may be the one to tell what an empty one holds."""
    for parameter, value in given.items():
        note_argument(context, identity, parameter, value)
        taken = context.assumptions.get(("variable", identity, parameter, 1))
        if not is_settled(value.type) and is_settled(taken):
            widen(context, value, taken)
    note_passed(context, identity, given)


def default_value(context: Context, parameter: cst.Param) -> ir.Expr:
    """A default, which must mean the same at every call: a literal, or made of literals.

    Whether a list or dict stays the same, `note_default` watches.
    """
    assert parameter.default is not None
    with context.within(_empty_scope(context)):
        value = context.expression(parameter.default)
    if not _is_constant(context, value):
        context.refuse("PCA404", parameter.default, "a default must be a literal", "use None and set it in the body")
    if roles.are_modules(context.table, value.type):
        context.assumptions.note(SHARED)  # all calls that leave it out have this one
    return value


def refuse_local_defaults(context: Context, signature: Signature) -> None:
    """Refuse defaults of a function inside a function that read its variables, as they were at the `def`."""
    for parameter in signature.parameters:
        for part in () if parameter.default is None else walk(parameter.default):
            if isinstance(part, cst.Name) and _is_local(context.scope, part.value):
                message = f"a default must be a literal, and '{part.value}' is a variable of the function around"
                advice = "pass it in each call, or read it in the body"
                context.refuse("PCA404", parameter.default or part, message, advice)


def _is_local(scope: Scope | None, name: str) -> bool:
    while scope is not None and scope.kind != "module":
        if scope.owns(name):
            return True
        scope = scope.parent
    return False


def default_for(context: Context, parameter: cst.Param, type_: Type) -> ir.Expr | None:
    """The default as a value of the parameter's type; none where every call gives another value than its None."""
    if parameter.default is None or isinstance(type_, SymbolType):
        return None
    value = default_value(context, parameter)
    if isinstance(value.type, NoneType) and not isinstance(type_, NoneType | OptionalType):
        return None
    if isinstance(value.type, SymbolType) or (is_settled(type_) and join(value.type, type_) != type_):
        return None  # every call gives something else
    return coerce(context, value, type_, f"parameter '{parameter.name.value}'")


def _empty_scope(context: Context) -> Scope:
    return Scope(DEFAULT, "function", context.module_scope, Bindings())


def _is_constant(context: Context, value: ir.Expr) -> bool:
    match value:
        case ir.Literal() | ir.ClassAttribute():
            return True
        case ir.Apply(form="value"):
            return True
        case ir.Apply(row="builtins.float", arguments=[ir.Argument(value=inner)]):
            return _is_constant(context, inner)  # float("inf")
        case ir.Apply(row=roles.DEVICE, arguments=arguments):
            return all(_is_constant(context, argument.value) for argument in arguments)
        case ir.Lambda(captures="copies"):
            return True  # a function of the API
        case ir.Name(name=name, type=type_):
            once = context.module_scope.owns(name) and context.module_scope.bindings.counts[name] == 1
            return once and (is_number(type_) or isinstance(type_, StrType) or roles.are_modules(context.table, type_))
        case ir.DictDisplay(items=items):
            return all(_is_constant(context, part) for item in items for part in item)
        case ir.TupleDisplay(elements=elements) | ir.ListDisplay(elements=elements):
            return all(_is_constant(context, element) for element in elements)
        case ir.Unary(operand=operand) | ir.Convert(operand=operand):
            return _is_constant(context, operand)
        case ir.Binary(left=left, right=right):
            return _is_constant(context, left) and _is_constant(context, right)
        case _:
            return False


def ordered(
    context: Context, signature: Signature, given: dict[str, ir.Expr], types: tuple[Type, ...], explicit: bool
) -> tuple[ir.Expr, ...]:
    """The arguments in the order of the parameters; trailing defaults left out unless `explicit`."""
    values: list[ir.Expr] = []
    count = len(signature.parameters)
    while not explicit and count and signature.names[count - 1] not in given:
        count -= 1
    for parameter, type_ in list(zip(signature.parameters, types, strict=True))[:count]:
        if isinstance(type_, SymbolType):
            continue
        value = given.get(parameter.name.value)
        if value is None:
            value = default_value(context, parameter)
        values.append(coerce(context, value, type_, f"parameter '{parameter.name.value}'"))
    return tuple(values)


def parameter_types(context: Context, identity: str, signature: Signature) -> tuple[Type, ...]:
    """The types of a specialisation's parameters so far."""
    return tuple(context.assumptions.get(("variable", identity, parameter, 1)) for parameter in signature.names)


def _with_default(context: Context, parameter: cst.Param, used_as: Type | None, function: FunctionNode | None) -> Type:
    """The type that a default tells; of `x=None`, together with the uses."""
    type_ = flags.as_argument(context, function, parameter.name.value, default_value(context, parameter)).type
    if isinstance(type_, NoneType) and used_as is not None:
        return NEVER if used_as == NEVER else OptionalType(used_as)
    return FLOAT if used_as == FLOAT and type_ == INT else type_


def apply_annotations(
    context: Context,
    identity: str,
    signature: Signature,
    usual: Callable[[cst.Param], Type | None] | None = None,
) -> None:
    """Types for the parameters of a function that nothing calls.

    Once no call is left that could tell, a parameter with neither annotation nor default is of the `usual` type.
    """
    for parameter in signature.parameters:
        key = ("variable", identity, parameter.name.value, 1)
        if not isinstance(context.assumptions.expected(key), NeverType):
            continue
        type_ = annotated(context, parameter.annotation)
        if type_ == BOOL and parameter.default is not None:
            type_ = None  # the default may tell more
        if type_ is not None and without_none(type_) == ApiType(roles.MODULE) and usual is None:
            type_ = None  # calls say which module it is
        if type_ is None and parameter.default is not None:
            type_ = _with_default(context, parameter, None if usual is None else usual(parameter), signature.function)
            if isinstance(type_, NoneType) and usual is None and identity.endswith(".__init__"):
                continue  # a class is specialised for what calls give
        elif type_ is None and usual is not None:
            type_ = usual(parameter)
        if type_ is not None:
            context.assumptions.join(key, type_)
