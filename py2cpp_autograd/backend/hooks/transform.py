"""Transforms of functions: which arguments are differentiated is a template's argument, and dimensions are options."""

from __future__ import annotations

from collections.abc import Mapping

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select.context import Selection


def transform(selection: Selection, node: ir.Apply, filler: Filler) -> cpp.Expr:
    """`py2cpp::func::grad<0, 2>(f, x, y, z)`; `py2cpp::Vmap().in_dims({0, std::nullopt})(f, xs, y)`."""
    given = filler.given
    packed = given["args"]
    assert isinstance(packed, ir.TupleDisplay)
    values = (selection.expression(given["func"]), *map(selection.expression, packed.elements))
    name = node.row.rpartition(".")[2]
    if name == "vmap":
        return cpp.Call(_batching(selection, given), values)
    if "module" in given:
        changed = (filler.fill(cpp.Name("module")), selection.expression(given["dicts"]))
        return selection.shim(name, name, *changed, *values)
    suffix = "_with_aux" if "has_aux" in given else ""
    places = ", ".join(str(element.value) for element in _literals(given["argnums"])) if "argnums" in given else ""
    return selection.shim("transforms", f"func::{name}{suffix}" + (f"<{places}>" if places else ""), *values)


def _batching(selection: Selection, given: Mapping[str, ir.Expr]) -> cpp.Expr:
    made = selection.shim("vmap", "Vmap")
    for option in ("in_dims", "out_dims"):
        if option in given:
            dims = tuple(_dim(element) for element in _literals(given[option]))
            made = cpp.Call(cpp.Member(made, option), (cpp.Brace(None, dims),))
    randomness = given.get("randomness")
    if isinstance(randomness, ir.Literal):
        made = cpp.Call(cpp.Member(made, str(randomness.value)), ())
    return made


def _literals(value: ir.Expr) -> tuple[ir.Literal, ...]:
    assert isinstance(value, ir.TupleDisplay | ir.ListDisplay)
    return tuple(element for element in value.elements if isinstance(element, ir.Literal))


def _dim(value: ir.Literal) -> cpp.Expr:
    return cpp.Int(value.value) if isinstance(value.value, int) else cpp.Name("std::nullopt")
