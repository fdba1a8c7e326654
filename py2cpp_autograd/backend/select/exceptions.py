"""`raise`, `assert` and `try`. Where nothing is caught, any exception ends the program, and c10's macros will do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.names import cpp_name
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.exceptions import ALIASES, BASES, EXIT

#: The exceptions that LibTorch has.
_C10 = frozenset({"IndexError", "ValueError", "TypeError", "NotImplementedError"})
#: Those that are several C++ classes, or a part of one: the runtime asks.
_ASKED = frozenset({"BaseException", "Exception", "IndexError", "LookupError", "RuntimeError"})

Block = Callable[[Sequence[ir.Stmt]], tuple[cpp.Stmt, ...]]


def lower_raise(selection: Selection, node: ir.Raise) -> cpp.Stmt:
    """`raise Error(message)`, or `raise` alone."""
    if not node.error:
        return cpp.Do(cpp.Name("throw"), node.span)
    if node.error == EXIT:
        code = () if node.message is None else (selection.expression(node.message),)
        return cpp.Do(selection.shim("exit", "exit", *code), node.span)
    message = cpp.String("") if node.message is None else selection.expression(node.message)
    if node.error == "KeyError" and node.message is not None and selection.catches:
        message = selection.shim("format", "repr", message)  # str() of it is the key's repr
    if selection.catches or node.error not in BASES:
        return cpp.Do(selection.shim("exceptions", f"raise<{_class(node.error)}>", message), node.span)
    name = cpp.Name(node.error if node.error in _C10 else "Error")
    return cpp.Do(cpp.Call(cpp.Name("C10_THROW_ERROR"), (name, message)), node.span)


def ends_program(node: ir.Stmt) -> bool:
    """Whether a statement is a SystemExit, which no handler takes."""
    return isinstance(node, ir.Raise) and node.error == EXIT


def define(selection: Selection, node: ir.ExceptionClass) -> Iterator[cpp.Declaration]:
    """`struct ConfigError : c10::ValueError`, made as its base is."""
    selection.headers.add('"py2cpp/exceptions.h"')
    yield from (cpp.Comment(comment.text) for comment in node.leading)
    base = _class(node.base)
    constructors = cpp.Declare("using", f"{base.rpartition('::')[2]}::{base.rpartition('::')[2]}")
    yield cpp.Struct(cpp_name(node.name), base, (constructors,), node.span)


def named_in(node: ir.Stmt) -> set[str]:
    """The exceptions that a statement raises or handles."""
    match node:
        case ir.Raise(error=error):
            return {error}
        case ir.Try(handlers=handlers):
            return {error for handler in handlers for error in handler.errors}
        case _:
            return set()


def _class(error: str) -> str:
    name = ALIASES.get(error, error)
    if name not in BASES:
        return cpp_name(name)
    if name in _C10:
        return f"c10::{name}"
    return {"RuntimeError": "c10::Error", "Exception": "py2cpp::OtherError"}.get(name, f"py2cpp::{name}")


def lower_assert(selection: Selection, node: ir.Assert) -> cpp.Stmt:
    """`assert test, message`."""
    test = selection.expression(node.test)
    if selection.catches:
        failed = ir.Raise("AssertionError", node.message, node.span)
        return cpp.If(cpp.Unary("!", test), (lower_raise(selection, failed),), span=node.span)
    message = () if node.message is None else (selection.expression(node.message),)
    if _splits(test):
        test = cpp.Call(cpp.Name("bool"), (test,))
    return cpp.Do(cpp.Call(cpp.Name("TORCH_CHECK"), (test, *message)), node.span)


def _splits(node: cpp.Expr) -> bool:
    """Whether a macro would take an expression for several arguments: only round parentheses keep commas together."""
    match node:
        case cpp.Name(text=text):
            return "," in text
        case cpp.Brace(type=type_, elements=elements):
            return len(elements) > 1 or any(map(_splits, (*elements, *(() if type_ is None else (type_,)))))
        case cpp.Call(callee=inner) | cpp.Member(object=inner) | cpp.Unary(operand=inner):
            return _splits(inner)
        case cpp.Binary(left=left, right=right) | cpp.Index(object=left, index=right):
            return _splits(left) or _splits(right)
        case cpp.Ternary(test=test, body=body, orelse=orelse):
            return any(map(_splits, (test, body, orelse)))
        case _:
            return isinstance(node, cpp.Lambda)


def lower_try(selection: Selection, node: ir.Try, block: Block) -> list[cpp.Stmt]:
    """`try`; `else` behind a flag that says that the body came to its end, `finally` as a guard."""
    made: list[cpp.Stmt] = []
    body = block(node.body)
    if node.orelse and node.handlers:
        flag = cpp.Name(selection.temporary("completed"))
        made.append(cpp.Declare("bool", flag.text, cpp.Bool(False)))
        body = (*body, cpp.Do(cpp.Binary("=", flag, cpp.Bool(True))))
    if node.handlers:
        made.append(cpp.Try(body, _catches(selection, node.handlers, block), node.span))
    else:
        made += body
    if node.orelse and node.handlers:
        made.append(cpp.If(flag, block(node.orelse)))
    elif node.orelse:
        made += block(node.orelse)
    if not node.final:
        return made
    return [cpp.Block((_guard(selection, block(node.final)), *made), node.span)]


def _guard(selection: Selection, final: tuple[cpp.Stmt, ...]) -> cpp.Stmt:
    selection.headers.add('"py2cpp/finally.h"')
    body = cpp.Lambda("&", (), None, final)
    return cpp.Declare("py2cpp::Finally", selection.temporary("finally"), None, (body,))


def _catches(selection: Selection, handlers: Sequence[ir.Handler], block: Block) -> tuple[cpp.Catch, ...]:
    """A clause for each handler where C++'s classes say what Python's do, else one clause that tells them apart."""
    selection.headers.add('"py2cpp/exceptions.h"')
    if all(len(handler.errors) == 1 and handler.errors[0] not in _ASKED for handler in handlers):
        return tuple(_clause(selection, handler, _class(handler.errors[0]), block) for handler in handlers)
    error = cpp.Name(selection.temporary("error"))
    rest: tuple[cpp.Stmt, ...] = (cpp.Do(cpp.Name("throw")),)
    for handler in reversed(handlers):
        body = _body(selection, handler, error, block)
        is_last = "BaseException" in handler.errors
        rest = body if is_last else (cpp.If(_test(handler.errors, error), body, rest, handler.span),)
    return (cpp.Catch(f"const std::exception& {error.text}", rest),)


def _clause(selection: Selection, handler: ir.Handler, class_: str, block: Block) -> cpp.Catch:
    if handler.name is None:
        return cpp.Catch(f"const {class_}&", block(handler.body))
    return cpp.Catch(f"const {class_}& {selection.name(handler.name.name)}", block(handler.body))


def _body(selection: Selection, handler: ir.Handler, error: cpp.Name, block: Block) -> tuple[cpp.Stmt, ...]:
    body = block(handler.body)
    if handler.name is None:
        return body
    declared = cpp.Declare("[[maybe_unused]] const auto&", selection.name(handler.name.name), error)
    return (declared, *body)


def _test(errors: tuple[str, ...], error: cpp.Name) -> cpp.Expr:
    test: cpp.Expr | None = None
    for name in errors:
        asked = f"is_{_snake(name)}" if name in _ASKED else f"is<{_class(name)}>"
        part = cpp.Call(cpp.Name(f"py2cpp::{asked}"), (error,))
        test = part if test is None else cpp.Binary("||", test, part)
    assert test is not None
    return test


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
