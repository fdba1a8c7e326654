"""Simple statements, and the dispatch of compound ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.annotations import annotated
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled
from py2cpp_autograd.frontend.lower import (
    applied,
    assignment,
    augmented,
    autograd_functions,
    closures,
    comprehensions,
    control,
    dispatch,
    exceptions,
    exits,
    fields,
    flags,
    generators,
    imports,
    iterators,
    keyword_dicts,
    managers,
    matching,
    model_file,
    named_parts,
    rows,
    streams,
)
from py2cpp_autograd.frontend.lower.aliases import is_container, note_mutation, note_returned, result_place
from py2cpp_autograd.frontend.lower.classes import checks, layers, members
from py2cpp_autograd.frontend.lower.flow import giving_nothing
from py2cpp_autograd.frontend.lower.looseness import given_back
from py2cpp_autograd.frontend.lower.prints import lower_print, lower_write
from py2cpp_autograd.frontend.lower.shared_state import note_given_back
from py2cpp_autograd.frontend.lower.star_arguments import EXACT, note_length
from py2cpp_autograd.frontend.lower.subscripts import slice_arguments, written_index
from py2cpp_autograd.frontend.lower.values import coerce, is_atomic, widen
from py2cpp_autograd.frontend.scope import SET_AT_FIRST
from py2cpp_autograd.types import NONE, DictType, ListType, is_module_instance


def lower_statement(context: Context, node: cst.BaseStatement | cst.BaseSmallStatement) -> list[ir.Stmt]:
    """One statement; Refusal after a diagnostic."""
    lowering = _LOWERINGS.get(type(node))
    if lowering is None:
        name = type(node).__name__
        word, advice = _WORDS.get(name, (f"a {name}", None))
        context.refuse("PCA102", node, f"{word} statement has no translation", advice)
    return lowering(context, node)


#: Calls that change nothing that is computed: what they say goes to people, or to the interpreter.
_HARMLESS = frozenset(
    {
        "logging.disable", "gc.collect",
        "sys.setrecursionlimit", "sys.stdout.flush", "sys.stderr.flush",
    }
)  # fmt: skip

#: Statements by their names in the syntax tree: in words, and what to write instead.
_WORDS = {
    "TryStar": ("an except*", "raise and catch single exceptions: try, except"),
    "TypeAlias": ("a type", "write the type where it is used"),
}


def _expression(context: Context, node: cst.Expr) -> list[ir.Stmt]:
    value = node.value
    if isinstance(value, cst.SimpleString | cst.ConcatenatedString):
        return [_docstring(context, value)]
    if isinstance(value, cst.Ellipsis):
        return []
    if isinstance(value, cst.Yield):
        return generators.lower_yield(context, value)
    if isinstance(value, cst.ListComp):
        return [ir.ExprStmt(comprehensions.for_effect(context, value), context.span(node))]
    if isinstance(value, cst.Call):
        special = _special_call(context, value)
        if special is not None:
            return special
    made = context.expression(value)
    match value:
        case cst.Call(func=cst.Attribute(value=owner)) if keyword_dicts.is_keywords(context, owner) and is_atomic(made):
            return []  # a keyword that is taken out
    return [ir.ExprStmt(made, context.span(node))]


def _docstring(context: Context, value: cst.SimpleString | cst.ConcatenatedString) -> ir.Stmt:
    text = value.evaluated_value
    return ir.Comment(text.strip() if isinstance(text, str) else "", False, context.span(value))


def _special_call(context: Context, node: cst.Call) -> list[ir.Stmt] | None:
    """Calls that are statements of their own."""
    name = context.qualified(node.func)
    if name == "builtins.print":
        return [lower_print(context, node)]
    if name == "sys.stdout.write":
        return [lower_write(context, node)]
    if name in _HARMLESS:
        return []
    left = exits.lower_exit(context, node)
    if left is not None:
        return left
    constructed = _base_construction(context, node)
    if constructed is not None:
        return constructed
    named = named_parts.added(context, node)
    if named is not None:
        return named
    added = fields.added_module(context, node)
    if added is not None:
        return assignment.assign(context, node, *added, None)
    stored = _stored_attribute(context, node)
    if stored is not None:
        return stored
    special = applied.lower_apply(context, node)
    return special if special is not None else fields.lower_registration(context, node)


def _stored_attribute(context: Context, node: cst.Call) -> list[ir.Stmt] | None:
    """`setattr(config, key, value)` of a name that is known when the program is translated; None for others."""
    match node.args:
        case [cst.Arg(value=owner), cst.Arg(value=cst.Name() as name), cst.Arg(value=value)] if (
            context.qualified(node.func) == "builtins.setattr"
        ):
            text = flags.text_of(context, name)
        case _:
            return None
    if text is None or not text.isidentifier():
        return None
    target = cst.Attribute(owner, cst.Name(text))
    context.place_at(target, context.span(node))
    scope = context.scope
    on_self = isinstance(owner, cst.Name) and owner.value == scope.instance
    if on_self and scope.constructing and scope.block_depth == 0 and scope.self_class is not None:
        context.assumptions.note((SET_AT_FIRST, scope.self_class, text))
    return assignment.assign(context, node, target, value, None)


def _base_construction(context: Context, node: cst.Call) -> list[ir.Stmt] | None:
    """`super().__init__()` of the API's module class: nothing in C++, where the base is constructed first anyway."""
    match node.func:
        case cst.Attribute(value=value, attr=cst.Name(value="__init__")):
            owner = members.super_owner(context, value)
            scope = context.scope
            if scope.self_class is None or (owner is None and context.qualified(value) is None):
                return None
            if owner is not None and hierarchy.next_method(context, scope.self_class, owner, "__init__") is not None:
                return None
            given = list(node.args if owner is not None else node.args[1:])
            constructed = layers.constructed(context, node, given)
            if constructed is None and any(not argument.star for argument in given):
                context.refuse("PCA306", node, "this base class takes no arguments")
            return constructed or []
        case _:
            return None


def _return(context: Context, node: cst.Return) -> list[ir.Stmt]:
    scope = context.scope
    if scope.result is None:
        context.refuse("PCA102", node, "`return` outside of a function")
    if scope.yields is not None:
        return generators.lower_return(context, node)
    scope.returned = node.value
    try:
        value = None if node.value is None else _returned(context, node.value)
    except Refusal:
        _learn_result(context, node.value)
        raise
    if value is not None:
        iterators.note_returned(context, value)
    type_ = NONE if value is None else value.type
    joined = flags.settled(context, context.assumptions.join(scope.result, type_), node, "the result of this function")
    if value is None or joined == NONE:
        return [*giving_nothing(value, context.span(node))]
    if not is_settled(value.type) and is_settled(joined):
        widen(context, value, joined)
    if not scope.identity.endswith(".__iter__"):
        note_returned(context, value)
        note_length(context, value, result_place(context))
        note_given_back(context, value)
    changed, value = _given_back(context, value)
    return [*changed, ir.Return(coerce(context, value, joined, "the result"), context.span(node))]


def _given_back(context: Context, value: ir.Expr) -> tuple[list[ir.Stmt], ir.Expr]:
    """`return self.eval()` of a module: the call, and then the object, which is what the call gives."""
    match value:
        case ir.Apply(arguments=(ir.Argument("self", ir.Name(name=name) as receiver), *_)) if (
            name == context.scope.instance and value.type == receiver.type and is_module_instance(value.type)
        ):
            return [ir.ExprStmt(value, value.span)], receiver
        case _:
            return [], value


def _learn_result(context: Context, node: cst.BaseExpression | None) -> None:
    """What one side of `return 1 if n < 2 else n * fact(n - 1)` says of the result that the other side needs."""
    result = context.scope.result
    if not isinstance(node, cst.IfExp) or result is None or not context.unsettled:
        return
    for branch in (node.body, node.orelse):
        try:
            context.assumptions.join(result, context.expression(branch).type)
        except Refusal:
            continue


def _returned(context: Context, node: cst.BaseExpression) -> ir.Expr:
    iterates = context.scope.identity.endswith(".__iter__") and isinstance(node, cst.Call) and len(node.args) == 1
    if iterates and isinstance(node, cst.Call) and context.qualified(node.func) == "builtins.iter":
        return context.expression(node.args[0].value)  # loops, which alone call this, run over the list itself
    lazy = streams.lower_lazy(context, node)
    if lazy is not None:
        return lazy
    own = context.scope.identity.partition("#")[0].rpartition(".")[2]
    wanted = EXACT if isinstance(node, cst.List) and own in context.usage.starred else None
    return model_file.returned_display(context, node) or given_back(context.expression(node, wanted))


def _class(context: Context, node: cst.ClassDef) -> list[ir.Stmt]:
    """A class is lowered where it is first used; here it is only looked over."""
    if context.classes.get(node.name.value) is not node:
        context.refuse("PCA102", node.name, "a class inside a block has no translation", "define it at module level")
    if autograd_functions.is_function_class(context, node.name.value):
        autograd_functions.check_function_class(context, node)
    else:
        checks.check_class(context, node)
    return []


def _jump(context: Context, node: cst.Break | cst.Continue) -> list[ir.Stmt]:
    span = context.span(node)
    if isinstance(node, cst.Continue):
        return [ir.Continue(span)]
    if context.scope.loops:
        now = context.scope.flow()
        earlier = now.touched | context.scope.loops[-1]  # what passes before this one may have assigned
        context.scope.exits[-1].append(replace(now, touched=earlier))
    return [ir.Break(span)]


def _delete(context: Context, node: cst.Del) -> list[ir.Stmt]:
    targets = [e.value for e in node.target.elements] if isinstance(node.target, cst.Tuple) else [node.target]
    deleted: list[ir.Stmt] = []
    for target in targets:
        if isinstance(target, cst.Subscript):
            deleted.append(_delete_element(context, node, target))
            continue
        if not (isinstance(target, cst.Name) and context.scope.owns(target.value)):
            context.refuse("PCA102", node, "only variables and elements of lists and dicts can be deleted")
        value = context.expression(target)
        scope = context.scope
        deleted.append(ir.Delete(scope.spelling(target.value), value.type, context.span(node)))
        scope.bound.discard(target.value)
        scope.touched.discard(target.value)
        scope.deleted.add(scope.spelling(target.value))
    return deleted


def _delete_element(context: Context, node: cst.Del, target: cst.Subscript) -> ir.Stmt:
    """`del values[i]`, `del values[1:]`, `del items[key]`."""
    container = context.expression(target.value)
    span = context.span(node)
    part, index_node = target.slice[0].slice, written_index(context, target)
    if not is_container(container.type) or (index_node is None and len(target.slice) != 1):
        context.refuse("PCA303", target, f"an element of a value of type {container.type} cannot be deleted")
    note_mutation(context, container)
    if isinstance(part, cst.Slice):
        bounds = slice_arguments(context, node, part)
        return ir.ExprStmt(rows.apply_method(context, node, container, "__delslice__", bounds), span)
    assert index_node is not None
    index = context.expression(index_node)
    return ir.ExprStmt(rows.apply_method(context, node, container, "__delitem__", (index,)), span)


def _annotated(context: Context, node: cst.AnnAssign) -> list[ir.Stmt]:
    if node.value is None:
        return []
    wanted = annotated(context, node.annotation)
    if isinstance(wanted, ListType | DictType) and dispatch.holds_open(wanted):
        wanted = None  # what is put into it says which modules these are
    return assignment.assign(context, node, node.target, node.value, wanted)


def _nothing(context: Context, node: cst.CSTNode) -> list[ir.Stmt]:
    return []


_LOWERINGS: dict[type[cst.CSTNode], Callable[[Context, Any], list[ir.Stmt]]] = {
    cst.Expr: _expression,
    cst.Assign: assignment.lower_assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: augmented.lower_augmented,
    cst.Return: _return,
    cst.Break: _jump,
    cst.Continue: _jump,
    cst.Pass: _nothing,
    cst.Global: _nothing,
    cst.Nonlocal: _nothing,
    cst.Assert: exceptions.lower_assert,
    cst.Raise: exceptions.lower_raise,
    cst.Try: exceptions.lower_try,
    cst.Match: matching.lower_match,
    cst.Del: _delete,
    cst.Import: imports.lower_import,
    cst.ImportFrom: imports.lower_import_from,
    cst.If: control.lower_if,
    cst.While: control.lower_while,
    cst.For: control.lower_for,
    cst.With: managers.lower_with,
    cst.ClassDef: _class,
    cst.FunctionDef: closures.lower_local_function,
}
