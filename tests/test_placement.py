"""Where C++ declares each variable: at its first assignment where that dominates every use, else before."""

from __future__ import annotations

import pytest

from py2cpp_autograd import ir, translate
from py2cpp_autograd.backend.placement import free_names, place
from py2cpp_autograd.span import FILE_START
from py2cpp_autograd.types import BOOL, INT


def name(text: str) -> ir.Name:
    return ir.Name(text, INT, FILE_START)


def number(value: int) -> ir.Literal:
    return ir.Literal(value, INT, FILE_START)


def target(text: str) -> ir.NameTarget:
    return ir.NameTarget(text, INT, FILE_START)


def assign(text: str, value: ir.Expr) -> ir.Assign:
    return ir.Assign(target(text), value, FILE_START)


def show(text: str) -> ir.ExprStmt:
    return ir.ExprStmt(name(text), FILE_START)


def when(body: list[ir.Stmt], orelse: list[ir.Stmt]) -> ir.If:
    return ir.If(ir.Literal(True, BOOL, FILE_START), tuple(body), tuple(orelse), FILE_START)


def loop(variable: str, body: list[ir.Stmt]) -> ir.For:
    return ir.For(target(variable), ir.Range(number(0), number(3), number(1)), tuple(body), FILE_START)


def declared(body: list[ir.Stmt]) -> dict[str, str]:
    """For each variable, how it is declared: `here` by its assignment, or `before` statement number N."""
    placement = place(body, ())
    found = {variable: "here" for variables in placement.declaring.values() for variable in variables}
    numbers = {id(node): index for index, node in enumerate(body)}
    for identity, variables in placement.before.items():
        for variable, _ in variables:
            found[variable] = f"before {numbers.get(identity, 'an inner statement')}"
    return found


def test_straight_line() -> None:
    body: list[ir.Stmt] = [assign("a", number(1)), assign("b", name("a")), show("b")]
    assert declared(body) == {"a": "here", "b": "here"}


def test_a_second_assignment_declares_nothing() -> None:
    body: list[ir.Stmt] = [assign("a", number(1)), assign("a", number(2)), show("a")]
    placement = place(body, ())
    assert placement.declaring == {id(body[0]): {"a"}}
    assert placement.before == {}


def test_an_assignment_that_reads_itself_cannot_declare() -> None:
    body: list[ir.Stmt] = [assign("a", name("a"))]
    assert declared(body) == {"a": "before 0"}


def test_both_branches_assign_what_is_used_after() -> None:
    body: list[ir.Stmt] = [show("z"), when([assign("a", number(1))], [assign("a", number(2))]), show("a")]
    assert declared(body) == {"a": "before 1"}


def test_a_variable_of_one_branch_stays_there() -> None:
    inner = assign("a", number(1))
    placement = place([when([inner, show("a")], [])], ())
    assert placement.declaring == {id(inner): {"a"}}


def test_branches_with_variables_of_the_same_name() -> None:
    body: list[ir.Stmt] = [when([assign("a", number(1)), show("a")], [assign("a", number(2)), show("a")])]
    assert declared(body) == {"a": "before 0"}


def test_a_variable_of_one_pass_stays_in_the_loop() -> None:
    inner = assign("a", number(1))
    placement = place([loop("k", [inner, show("a")])], ())
    assert placement.declaring == {id(inner): {"a"}}


def test_a_variable_that_outlives_a_pass_stands_before_the_loop() -> None:
    body: list[ir.Stmt] = [loop("k", [when([assign("a", number(1))], [show("a")])])]
    assert declared(body) == {"a": "before 0"}


def test_a_variable_used_after_the_loop_stands_before_it() -> None:
    body: list[ir.Stmt] = [loop("k", [assign("a", number(1))]), show("a")]
    assert declared(body) == {"a": "before 0"}


def test_a_loop_variable_is_the_loops_own() -> None:
    placement = place([loop("k", [show("k")]), loop("k", [show("k")])], ())
    assert placement.outliving == set()
    assert placement.before == {}


def test_a_loop_variable_used_after_the_loop_outlives_it() -> None:
    body: list[ir.Stmt] = [loop("k", [show("k")]), show("k")]
    assert place(body, ()).outliving == {"k"}
    assert declared(body) == {"k": "before 0"}


def test_known_names_are_declared_elsewhere() -> None:
    placement = place([assign("a", number(1))], {"a"})
    assert placement.declaring == {}
    assert placement.before == {}


def test_unread_variables_are_told() -> None:
    body: list[ir.Stmt] = [assign("a", number(1)), assign("b", number(2)), show("b")]
    assert place(body, ()).unread == {"a"}


def test_what_lambdas_use_is_captured_but_their_parameters_are_not() -> None:
    parameter = ir.Parameter("p", INT, None, False, FILE_START)
    sum_ = ir.TupleDisplay((name("p"), name("a")), INT, FILE_START)
    function = ir.Lambda((parameter,), sum_, INT, FILE_START)
    body: list[ir.Stmt] = [assign("a", number(1)), ir.ExprStmt(function, FILE_START)]
    assert place(body, ()).captured == {"a"}


def test_free_names_of_a_local_function() -> None:
    parameter = ir.Parameter("p", INT, None, False, FILE_START)
    body = (assign("own", name("p")), assign("shared", name("outer")))
    function = ir.Function("f", (parameter,), INT, body, (), FILE_START, (), frozenset({"shared"}))
    assert free_names(function) == {"outer", "shared"}


PROGRAMS = [
    (
        "def f(x):\n    if x.sum() > 0:\n        y = x * 2\n    else:\n        y = x\n    return y\n",
        ["torch::Tensor y;", "if (", "  y = x * 2;", "} else {", "  y = x;", "}", "return y;"],
    ),
    (
        "def f(x):\n    for k in range(3):\n        y = x * k\n    return y\n",
        ["torch::Tensor y;", "for (", "  y = x * k;", "}", "return y;"],
    ),
    (
        "def f(x):\n    for k in range(3):\n        y = x * k\n        x = x + y\n    return x\n",
        ["for (", "  auto y = x * k;", "  x = x + y;", "}", "return x;"],
    ),
    (
        "def f(x):\n    for k in range(3):\n        x = x * k\n    return x * k\n",
        ["int64_t k = 0;", "for (", "  k = k_;", "  x = x * k;", "}", "return x * k;"],
    ),
    (
        "def f(x):\n    with torch.no_grad():\n        y = x * 2\n    return y\n",
        ["torch::Tensor y;", "{", "  torch::NoGradGuard guard;", "  y = x * 2;", "}", "return y;"],
    ),
]


@pytest.mark.parametrize(("source", "expected"), PROGRAMS)
def test_functions(source: str, expected: list[str]) -> None:
    made = translate(f"import torch\n\n\n{source}\n\nz = f(torch.ones(2))\n", filename="program.py")
    assert made.status == "translated", made.diagnostics
    lines = made.cpp.partition("torch::Tensor f(torch::Tensor x) {\n")[2].partition("\n}\n")[0].split("\n")
    assert len(lines) == len(expected), lines
    for line, start in zip(lines, expected, strict=True):
        assert line.removeprefix("  ").startswith(start)
