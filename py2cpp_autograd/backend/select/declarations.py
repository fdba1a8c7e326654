"""Expressions that C++ would take for declarations where they are statements."""

from __future__ import annotations

from dataclasses import replace

from py2cpp_autograd import cpp


def is_plain(made: cpp.Expr) -> bool:
    """Whether a call is that of a function, or of a method of this object, by its name alone."""
    return isinstance(made, cpp.Call) and isinstance(made.callee, cpp.Name)


def no_declaration(made: cpp.Expr, type_: str) -> cpp.Expr:
    """A statement that begins with `Loss(reduction)` would declare a variable; `Loss{reduction}` does not.

    Most types begin with a capital; `type_` is that of the whole: `std::vector<double>(losses)`.
    """
    match made:
        case cpp.Call(callee=cpp.Name(text=text), arguments=(cpp.Name(),)) if text == type_ or _is_class(text):
            return cpp.Brace(made.callee, made.arguments, made.span)
        case cpp.Call(callee=callee):
            return replace(made, callee=no_declaration(callee, type_))
        case cpp.Member(object=inner) | cpp.Index(object=inner):
            return replace(made, object=no_declaration(inner, type_))
        case _:
            return made


def _is_class(name: str) -> bool:
    return name.rpartition("::")[2][:1].isupper()
