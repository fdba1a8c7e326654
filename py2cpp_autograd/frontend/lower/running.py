"""What may run code of the program: calls, and what calls nothing by name, as operators of its classes do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.walk import children, walk
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles

#: The classes whose methods run no code of the program.
_PLAIN = (
    "builtins.list", "builtins.dict", "builtins.set", "builtins.str", "collections.Counter", "collections.deque",
    "collections.OrderedDict", roles.TENSOR,
)  # fmt: skip
_VIEWS = frozenset({"items", "keys", "values"})
#: Methods of tensors that run hooks, or functions that they are given.
_HOOKED = frozenset({"backward", "apply_", "map_", "register_hook"})
#: Special methods that run where a call is seen.
_CALLED = frozenset({"__init__", "__post_init__", "__call__"})
#: What gives an iterator that calls a function, or evaluates an expression, when it is asked.
_LAZY = frozenset({"builtins.map", "builtins.filter", "itertools.starmap", "itertools.takewhile"})


def runs_program(context: Context, nodes: Iterable[cst.CSTNode], changes: Sequence[Span]) -> bool:
    """Whether code of the program may run at one of these nodes, or at none, and make one of the changes."""
    functions = frozenset(context.source.once(_functions, context.source.module))
    return any(_runs(context, node, functions) for node in nodes) or _runs_unseen(context, functions, changes)


def _functions(module: cst.CSTNode) -> list[str]:
    """The names that stand for functions anywhere in a file; those of properties run nothing that they do not say."""
    found: list[str] = []
    for node in walk(module):
        match node:
            case cst.FunctionDef(decorators=[cst.Decorator(decorator=cst.Name("property"))]):
                pass
            case cst.FunctionDef(name=cst.Name(value=name)):
                found.append(name)
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Lambda()):
                found.append(name)
    return found


def _runs(context: Context, node: cst.CSTNode, functions: frozenset[str]) -> bool:
    """Whether code of the program, or what it has hooked somewhere, may run at a node."""
    match node:
        case cst.Call(func=func) if (name := context.qualified(func)) is not None:
            return name.startswith(roles.GRADIENTS)  # which run hooks
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))):
            if name in _VIEWS:
                return False
            return name in _HOOKED or not any(context.table.find(f"{owner}.{name}") for owner in _PLAIN)
        case cst.Call():
            return True
        case cst.Name(value=name):
            return name in functions or name in context.classes
        case _:
            return False


def _runs_unseen(context: Context, functions: frozenset[str], changes: Sequence[Span]) -> bool:
    """Whether operators, attributes, loops or texts may run code of the program that makes one of the changes."""
    items = [item for definition in context.classes.values() for item in definition.body.body]
    for method in (item for item in items if isinstance(item, cst.FunctionDef) and _runs_uncalled(item)):
        whole = context.span(method)
        changing = any(whole.contains(change.start) for change in changes)
        if changing or any(_runs(context, node, functions) for node in walk(method.body)):
            return True
    return any(_keeps_iterator(context, node) for node in walk(context.source.module))


def _runs_uncalled(method: cst.FunctionDef) -> bool:
    """Whether a method runs where nothing is seen to call it: a property, an operator, a text."""
    name = method.name.value
    is_property = any(isinstance(d.decorator, cst.Name | cst.Attribute) for d in method.decorators)
    return is_property or (name.startswith("__") and name not in _CALLED)


def _keeps_iterator(context: Context, node: cst.CSTNode) -> bool:
    """Whether a node makes an iterator that may be asked later: a generator, a lazy expression given to something."""
    match node:
        case cst.Yield():
            return True
        case cst.Assign(value=value) | cst.AnnAssign(value=value) | cst.Return(value=value) if value is not None:
            return _is_lazy(context, value)
        case cst.Call(func=func, args=arguments) if context.qualified(func) is None:
            return any(_is_lazy(context, argument.value) for argument in arguments)
        case cst.List() | cst.Tuple() | cst.Dict():
            return any(_is_lazy(context, part) for element in children(node) for part in (element, *children(element)))
        case _:
            return False


def _is_lazy(context: Context, node: cst.CSTNode) -> bool:
    is_call = isinstance(node, cst.Call) and context.qualified(node.func) in _LAZY
    return is_call or isinstance(node, cst.GeneratorExp)


def calls_and_names(context: Context, body: cst.CSTNode, where: Span) -> Iterator[cst.CSTNode]:
    """The calls and names of a body whose place begins in a range of the text; definitions run no body."""
    pending = [body]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.Call | cst.Name) and where.start <= context.span(node).start < where.end:
            yield node
        if isinstance(node, cst.FunctionDef) and node is not body:
            pending += [*node.decorators, node.params]
        else:
            pending += children(node)
