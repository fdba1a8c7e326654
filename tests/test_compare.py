"""The comparison of two traces: what counts as a difference, and what does not."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest

from py2cpp_autograd.verify.compare import Comparison, compare, node_name, paths_of
from py2cpp_autograd.verify.trace import Event, Failure, Trace, Tree

NAN, ZERO = float("nan"), 0.0


def tensor(*values: float, grad: Tree | None = None, **changes: object) -> dict[str, object]:
    """A float64 vector as it is recorded."""
    made: dict[str, object] = {
        "k": "tensor", "dtype": "float64", "shape": [len(values)], "layout": "strided", "requires_grad": False,
        "is_leaf": True, "grad_fn": None, "bits": struct.pack(f"<{len(values)}d", *values).hex(), "grad": grad,
    }  # fmt: skip
    return {**made, **changes}


def number(value: float) -> Tree:
    return {"k": "float", "bits": struct.pack("<d", value).hex()}


def loose(tree: Tree) -> Tree:
    return {"k": "loose", "value": tree}


def text(value: str) -> Tree:
    return {"k": "str", "v": value}


def sequence(*items: Tree) -> Tree:
    return {"k": "seq", "items": list(items)}


def module(training: bool = True, inner: Sequence[object] = (), **parameters: Tree) -> Tree:
    named = [[n, p] for n, p in parameters.items()]
    return {"k": "module", "training": training, "parameters": named, "buffers": [], "modules": inner}


def instance(**attributes: Tree) -> Tree:
    return {"k": "object", "items": [[n, p] for n, p in attributes.items()]}


NONE: Tree = {"k": "none"}
OPAQUE: Tree = {"k": "opaque"}
INT: Tree = {"k": "int", "v": 3}


def compared(python: Tree, cpp: Tree) -> Comparison:
    return compare(Trace({"x": python}), Trace({"x": cpp}))


def kinds(found: Comparison) -> list[tuple[str, str]]:
    return [(mismatch.path, mismatch.kind) for mismatch in found.mismatches]


DIFFERENT: list[tuple[str, Tree, Tree, list[tuple[str, str]]]] = [
    ("value", tensor(1.0), tensor(1.5), [("x", "value")]),
    ("last bit", tensor(1.0), tensor(1.0000000000000002), [("x", "value")]),
    ("negative zero", tensor(0.0), tensor(-0.0), [("x", "value")]),
    ("nan against a number", tensor(NAN), tensor(0.0), [("x", "value")]),
    ("dtype", tensor(1.0), tensor(1.0, dtype="float32"), [("x.dtype", "metadata")]),
    ("shape", tensor(1.0), tensor(1.0, shape=[1, 1]), [("x.shape", "metadata")]),
    ("layout", tensor(1.0), tensor(1.0, layout="other"), [("x.layout", "metadata")]),
    ("requires_grad", tensor(1.0), tensor(1.0, requires_grad=True), [("x.requires_grad", "metadata")]),
    ("is_leaf", tensor(1.0), tensor(1.0, is_leaf=False), [("x.is_leaf", "metadata")]),
    ("a node on one side", tensor(1.0), tensor(1.0, grad_fn="AddBackward0"), [("x.grad_fn", "metadata")]),
    (
        "another node",
        tensor(1.0, grad_fn="AddBackward0"),
        tensor(1.0, grad_fn="SubBackward0"),
        [("x.grad_fn", "metadata")],
    ),
    ("None is not zeros", tensor(1.0), tensor(1.0, grad=tensor(0.0)), [("x.grad", "presence")]),
    ("zeros are not None", tensor(1.0, grad=tensor(0.0)), tensor(1.0), [("x.grad", "presence")]),
    ("gradient", tensor(1.0, grad=tensor(2.0)), tensor(1.0, grad=tensor(2.5)), [("x.grad", "gradient")]),
    (
        "the gradient's own gradient",
        tensor(1.0, grad=tensor(2.0, grad=tensor(1.0))),
        tensor(1.0, grad=tensor(2.0, grad=tensor(3.0))),
        [("x.grad.grad", "gradient")],
    ),
    ("float", number(0.1), number(0.2), [("x", "value")]),
    ("sign of zero", number(0.0), number(-0.0), [("x", "value")]),
    ("int", INT, {"k": "int", "v": 4}, [("x", "value")]),
    ("int against float", INT, number(3.0), [("x", "value")]),
    ("int against bool", {"k": "int", "v": 1}, {"k": "bool", "v": True}, [("x", "value")]),
    ("None against a value", NONE, INT, [("x", "presence")]),
    ("a tensor against None", tensor(1.0), NONE, [("x", "presence")]),
    ("str", text("a"), text("b"), [("x", "value")]),
    ("dtype value", {"k": "dtype", "v": "float32"}, {"k": "dtype", "v": "float64"}, [("x", "value")]),
    ("length of a list", sequence(INT), sequence(INT, INT), [("x", "value")]),
    ("item of a list", sequence(INT, number(1.0)), sequence(INT, number(2.0)), [("x[1]", "value")]),
    ("nested item", sequence(sequence(INT)), sequence(sequence(NONE)), [("x[0][0]", "presence")]),
    (
        "order of a dict",
        {"k": "dict", "items": [['"a"', INT], ['"b"', INT]]},
        {"k": "dict", "items": [['"b"', INT], ['"a"', INT]]},
        [('x["a"]', "presence"), ('x["b"]', "presence")],
    ),
    (
        "value in a dict",
        {"k": "dict", "items": [['"a"', INT]]},
        {"k": "dict", "items": [['"a"', NONE]]},
        [('x["a"]', "presence")],
    ),
    ("parameter", module(w=tensor(1.0)), module(w=tensor(2.0)), [("x.w", "value")]),
    ("parameter that C++ lacks", module(w=tensor(1.0)), module(), [("x.w", "presence")]),
    ("parameter that Python lacks", module(), module(w=tensor(1.0)), [("x.w", "presence")]),
    ("mode of a module", module(), module(training=False), [("x.training", "metadata")]),
    (
        "mode of a module in a module",
        module(inner=[["", True, []], ["a.b", True, []]]), module(inner=[["", True, []], ["a.b", False, []]]),
        [("x.a.b.training", "metadata")],
    ),
    (
        "name of a module in a module", module(inner=[["", True, [], ["a"]], ["a", True, [], None]]),
        module(inner=[["", True, []], ["b", True, []]]), [("x.a", "presence")],
    ),
    (
        "attribute of a module", module(inner=[["", True, [["n", number(1.0)]]]]),
        module(inner=[["", True, [["n", number(2.0)]]]]), [("x.n", "value")],
    ),
    (
        "order of the parameters", module(v=tensor(1.0), w=tensor(1.0)), module(w=tensor(1.0), v=tensor(1.0)),
        [("x.parameters", "metadata")],
    ),
    ("number that may be a float", INT, loose(number(INT["v"] + 0.5)), [("x", "value")]),
    (
        "int beside such a number", sequence(INT, INT),
        loose(sequence(number(INT["v"]), {**INT, "v": INT["v"] + 1})), [("x[1]", "value")],
    ),
    ("None for such a number", NONE, loose(number(0.0)), [("x", "presence")]),
    ("attribute of an object", instance(n=INT, m=INT), instance(m=INT, n=NONE), [("x.n", "presence")]),
]


@pytest.mark.parametrize(
    ("python", "cpp", "expected"), [row[1:] for row in DIFFERENT], ids=[row[0] for row in DIFFERENT]
)
def test_differences(python: Tree, cpp: Tree, expected: list[tuple[str, str]]) -> None:
    assert kinds(compared(python, cpp)) == expected


@pytest.mark.parametrize("row", DIFFERENT, ids=[row[0] for row in DIFFERENT])
def test_nothing_differs_from_itself(row: tuple[str, Tree, Tree, object]) -> None:
    assert kinds(compared(row[1], row[1])) == []
    assert kinds(compared(row[2], row[2])) == []


EQUAL: list[tuple[str, Tree, Tree]] = [
    ("nan with another payload", number(NAN), {"k": "float", "bits": "010000000000f8ff"}),
    ("overload numbers of a node", tensor(1.0, grad_fn="AddBackward1"), tensor(1.0, grad_fn="AddBackward0")),
    (
        "custom node",
        tensor(1.0, grad_fn="SquareBackward"),
        tensor(1.0, grad_fn="torch::autograd::CppNode<prog::Square>"),
    ),
    ("names of nodes as strings", text("MulBackward1"), text("MulBackward0")),
    ("opaque in Python", OPAQUE, INT),
    ("int for a number that may be a float", INT, loose(number(INT["v"]))),
    ("ints in a list of such numbers", sequence(INT, number(0.5)), loose(sequence(number(INT["v"]), number(0.5)))),
    ("an int beside such a number", sequence(INT, INT), loose(sequence(number(INT["v"]), INT))),
    ("opaque in C++", tensor(1.0), OPAQUE),
]


@pytest.mark.parametrize(("python", "cpp"), [row[1:] for row in EQUAL], ids=[row[0] for row in EQUAL])
def test_what_does_not_count_as_a_difference(python: Tree, cpp: Tree) -> None:
    assert kinds(compared(python, cpp)) == []


def test_the_worst_difference_is_told() -> None:
    found = compared(tensor(1.0, 5.0), tensor(1.0000000000000002, 5.0))
    assert found.max_ulp == 1
    assert found.mismatches[0].max_ulp == 1
    assert found.mismatches[0].max_abs == pytest.approx(2**-52)


def test_values_of_other_shapes_have_no_distance() -> None:
    found = compared(tensor(1.0), tensor(1.0, 2.0))
    assert kinds(found) == [("x.shape", "metadata")]
    assert found.mismatches[0].max_ulp is None


def test_counts() -> None:
    tree = sequence(tensor(1.0, grad=tensor(2.0)), number(1.0), NONE, OPAQUE, module(w=tensor(1.0, grad=tensor(1.0))))
    found = compared(tree, tree)
    assert (found.values, found.gradients) == (3, 2)


def records(**trees: Tree) -> Trace:
    return Trace(trees)


def test_names_that_one_side_lacks() -> None:
    assert kinds(compare(records(a=INT), records(b=INT))) == [("a", "presence"), ("b", "presence")]
    assert kinds(compare(records(a=OPAQUE), records())) == []


def prints(*events: Sequence[Tree]) -> Trace:
    return Trace(events=[Event(values) for values in events])


def test_objects_need_not_be_recorded_by_both_sides() -> None:
    assert not compare(records(), records(a=instance(n=INT), b=sequence(instance()))).mismatches
    assert compare(records(), records(a=sequence())).mismatches
    assert not compare(records(a=instance(n=INT)), records(a=instance(late=INT))).mismatches


def test_the_message_of_an_error_counts_where_the_program_says_it() -> None:
    def trace(message: str, own: bool = False) -> Trace:
        return Trace(error=Failure("ValueError", message, own=own))

    assert not compare(trace("size 3"), trace("got 3")).mismatches
    assert not compare(trace("n is 3", own=True), trace("n is 3")).mismatches
    assert compare(trace("n is 3", own=True), trace("n is 4")).mismatches


def test_a_device_that_torch_was_not_built_for_is_one_error_on_both_sides() -> None:
    def outcome(python: str, cpp: str) -> list[tuple[str, str]]:
        lacking = Trace(error=Failure("AssertionError", python))
        return kinds(compare(lacking, Trace(error=Failure("c10::NotImplementedError", cpp))))

    unknown = "Could not run 'aten::empty.memory_format' with arguments from the 'CUDA' backend."
    assert outcome("Torch not compiled with CUDA enabled", unknown) == []
    assert outcome("n must be positive", unknown) == [("outcome", "outcome")]
    assert outcome("Torch not compiled with CUDA enabled", "not implemented") == [("outcome", "outcome")]


def test_prints_are_compared_in_order() -> None:
    assert kinds(compare(prints([INT], [NONE]), prints([INT], [NONE]))) == []
    assert kinds(compare(prints([INT], [NONE]), prints([NONE], [INT]))) == [
        ("print[0][0]", "presence"),
        ("print[1][0]", "presence"),
    ]


def test_a_missing_print_is_one_difference() -> None:
    assert kinds(compare(prints([INT], [INT], [INT]), prints([INT]))) == [("print[1]", "event")]
    assert kinds(compare(prints([INT]), prints([INT], [INT]))) == [("print[1]", "event")]
    assert kinds(compare(prints([INT, INT]), prints([INT]))) == [("print[0]", "event")]


OUTCOMES: list[tuple[str | None, str | None, bool]] = [
    (None, None, True),
    ("RuntimeError", None, False),
    (None, "c10::Error", False),
    ("RuntimeError", "c10::Error", True),
    ("IndexError", "c10::IndexError", True),
    ("IndexError", "std::out_of_range", True),
    ("KeyError", "std::out_of_range", True),
    ("ValueError", "c10::IndexError", False),
    ("KeyError", "c10::ValueError", False),
    ("TypeError", "c10::TypeError", True),
    ("ConfigError", "py2cpp::RaisedAs<p::ConfigError>", True),
    ("ConfigError", "py2cpp::RaisedAs<c10::ValueError>", False),
    ("RuntimeError", "py2cpp::RaisedAs<c10::Error>", True),
    ("Exception", "py2cpp::RaisedAs<py2cpp::OtherError>", True),
]


@pytest.mark.parametrize(("python", "cpp", "same"), OUTCOMES)
def test_outcomes(python: str | None, cpp: str | None, same: bool) -> None:
    def trace(name: str | None) -> Trace:
        return Trace(error=None if name is None else Failure(name, "message"))

    found = compare(trace(python), trace(cpp))
    assert kinds(found) == ([] if same else [("outcome", "outcome")])


def test_the_random_state_is_compared_last() -> None:
    assert kinds(compare(Trace(generator="1"), Trace(generator="2"))) == [("torch.get_rng_state()", "value")]
    assert kinds(compare(Trace({"x": INT}, generator="1"), Trace({"x": NONE}, generator="2"))) == [("x", "presence")]


NODES = [
    ("AddBackward0", "AddBackward"),
    ("AddBackward12", "AddBackward"),
    ("torch::autograd::CppNode<a::b::Scale>", "ScaleBackward"),
    ("torch::autograd::AccumulateGrad", "torch::autograd::AccumulateGrad"),
    ("layer1", "layer1"),
]


@pytest.mark.parametrize(("name", "expected"), NODES)
def test_node_names(name: str, expected: str) -> None:
    assert node_name(name) == expected


def test_paths_of_mismatches() -> None:
    found = compare(records(net=module(w=INT), b=sequence(INT)), records(net=module(w=NONE), b=sequence(NONE)))
    assert list(paths_of(found.mismatches)) == ["b", "net"]


PRINTED = Event([text("loss"), number(0.5)], 4, ("loss", "0.5"), (" ", "\n"))


@pytest.mark.parametrize(("written", "same"), [("loss 0.5\n", True), ("loss 0.50\n", False), ("", False)])
def test_a_print_must_write_what_python_writes(written: str, same: bool) -> None:
    cpp = Event([text("loss"), number(0.5)], texts=(None, None), written=written)
    found = compare(Trace(events=[PRINTED]), Trace(events=[cpp]))
    assert kinds(found) == ([] if same else [("print[0]", "event")])


@pytest.mark.parametrize("shown", ["1\n[ CPUDoubleType{1} ]", None])
def test_a_tensor_is_printed_as_libtorch_shows_it_and_what_has_no_text_in_any_way(shown: str | None) -> None:
    python = Event([tensor(1.0)], 1, (None,), (" ", "\n"))
    cpp = Event([tensor(1.0)], texts=(shown,), written="1\n[ CPUDoubleType{1} ]\n")
    other = Event([tensor(1.0)], texts=(shown,), written="-1\n[ CPUDoubleType{1} ]\n")
    assert kinds(compare(Trace(events=[python]), Trace(events=[cpp]))) == []
    assert kinds(compare(Trace(events=[python]), Trace(events=[other]))) == ([("print[0]", "event")] if shown else [])
