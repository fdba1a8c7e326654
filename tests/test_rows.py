"""The examples of the rows by hand: each becomes exactly its C++ or its diagnostic, and the C++ gives Python's bits."""

from __future__ import annotations

import pytest
from examples import NAMES, Example, all_examples, batches, cpp_of, definitions, translated

from py2cpp_autograd.table.load import load_table
from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, verify_programs

EXAMPLES = all_examples()
COMPILED = [example for example in EXAMPLES if not example.refused]
#: Examples in one program: few enough to find a failure, enough to compile fast.
BATCH = 12

#: Rows that only make sense inside a class or as a type: golden cases show these.
SHOWN_IN_CASES = {
    "builtins.Exception",
    "collections.Counter",
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.deque",
    "builtins.Exception.__str__",
    "builtins.iterator",
    "logging.Logger",
    "numpy.ndarray",
    "numpy.ndarray.__index__",
    "numpy.ndarray.__iter__",
    "builtins.iterator.__next__",
    "builtins.len",
    "py2cpp.Defaults",
    "py2cpp.Defaults.update",
    "py2cpp.Held",
    "py2cpp.Held.state",
    "py2cpp.every",
    "py2cpp.named_part",
    "py2cpp.set_named_part",
    "py2cpp.Shown",
    "py2cpp.columns",
    "py2cpp.formatted",
    "py2cpp.modules_by_name",
    "torch.distributions.MixtureOfVectors",
    "torch.distributions.MixtureSameFamily",
    "torch.distributions.kl_divergence",
    "torch.distributions.MixtureOfVectors.component_distribution",
    "py2cpp.Sequential",
    "py2cpp.Sequential.__call__",
    "py2cpp.Sequential.__getitem__",
    "py2cpp.Sequential.__iter__",
    "py2cpp.Sequential.add_module",
    "py2cpp.Sequential.append",
    "py2cpp.Spread",
    "py2cpp.Spread.__str__",
    "py2cpp.State",
    "py2cpp.State.__contains__",
    "py2cpp.State.__set_slot__",
    "py2cpp.State.__slot__",
    "py2cpp.States",
    "py2cpp.States.__contains__",
    "py2cpp.States.__getitem__",
    "py2cpp.total",
    "py2cpp.total.__add__",
    "py2cpp.total.__iadd__",
    "py2cpp.total.tensor",
    "torch.NestedList",
    "torch.Tensor.__imul__",
    "torch.Tensor.mul_",
    "torch.autograd.function.FunctionCtx",
    "torch.autograd.function.FunctionCtx.mark_dirty",
    "torch.autograd.function.FunctionCtx.mark_non_differentiable",
    "torch.autograd.function.FunctionCtx.needs_input_grad",
    "torch.autograd.function.FunctionCtx.save_for_backward",
    "torch.autograd.function.FunctionCtx.saved_tensors",
    "torch.autograd.function.FunctionCtx.set_materialize_grads",
    "torch.autograd.graph.Node",
    "torch.load",
    "torch.optim.State",
    "torch.optim.State.__getitem__",
    "torch.optim.States",
    "torch.optim.States.__getitem__",
    "torch.nn.AdaptiveMaxPool1dWithIndices",
    "torch.nn.AdaptiveMaxPool1dWithIndices.__call__",
    "torch.nn.AdaptiveMaxPool2dWithIndices",
    "torch.nn.AdaptiveMaxPool2dWithIndices.__call__",
    "torch.nn.AdaptiveMaxPool3dWithIndices",
    "torch.nn.AdaptiveMaxPool3dWithIndices.__call__",
    "torch.nn.AnyModule",
    "torch.nn.AnyModule.__call__",
    "torch.nn.AnyModule.__hooked__",
    "torch.nn.AnyModule.parameters",
    "torch.nn.FractionalMaxPool2dWithIndices",
    "torch.nn.FractionalMaxPool2dWithIndices.__call__",
    "torch.nn.FractionalMaxPool3dWithIndices",
    "torch.nn.FractionalMaxPool3dWithIndices.__call__",
    "torch.nn.Functional",
    "torch.nn.LogSoftmaxWithoutDim",
    "torch.nn.MaxPool1dWithIndices",
    "torch.nn.MaxPool1dWithIndices.__call__",
    "torch.nn.MaxPool2dWithIndices",
    "torch.nn.MaxPool2dWithIndices.__call__",
    "torch.nn.MaxPool3dWithIndices",
    "torch.nn.MaxPool3dWithIndices.__call__",
    "torch.nn.MishInPlace",
    "torch.nn.Module.__hooked__",
    "torch.nn.Module.__parts__",
    "torch.nn.Module.apply",
    "torch.nn.ModuleDict",
    "torch.nn.ModuleDict.add_module",
    "torch.nn.ModuleDict.pop",
    "torch.nn.ModuleDict.update",
    "torch.nn.ModuleList",
    "torch.nn.ModuleList.append",
    "torch.nn.ModuleList.extend",
    "torch.nn.ModuleList.insert",
    "torch.nn.ParameterDict.__len__",
    "torch.nn.ParameterDict.__setitem__",
    "torch.nn.ParameterList.__iter__",
    "torch.nn.ParameterList.__len__",
    "torch.nn.ParameterList.__setitem__",
    "torch.nn.RNNBase",
    "torch.nn.Sequential.__getitem__",
    "torch.nn.Sequential.__hooked__",
    "torch.nn.Sequential.__len__",
    "torch.nn.Sequential.add_module",
    "torch.nn.Sequential.append",
    "torch.nn.SiLUInPlace",
    "torch.nn.SoftmaxWithoutDim",
    "torch.nn.SoftminWithoutDim",
    "torch.nn.parallel.data_parallel",
    "torch.nn.utils.rnn.PackedSequence",
    "torch.optim.ParamGroup.__getitem__",
    "torch.optim.ParamGroup.__set_slot__",
    "torch.optim.ParamGroup.__setitem__",
    "torch.optim.ParamGroup.__slot__",
    "torch.optim.lr_scheduler.LRScheduler.base_lrs",
    "torch.optim.lr_scheduler.LRScheduler.get_last_lr",
    "torch.utils.hooks.RemovableHandle",
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_example_becomes_what_the_row_says(example: Example) -> None:
    _, translation = translated(example)
    if example.refused:
        assert {found.code for found in translation.diagnostics} == {example.expected}
        assert translation.cpp == ""
    else:
        assert translation.status == "translated", translation.diagnostics
        assert cpp_of(example, translation) == example.expected


def test_example_uses_its_row() -> None:
    strangers = []
    for example in COMPILED:
        _, translation = translated(example)
        short = example.row.rpartition(".")[2]
        if example.row not in translation.ir and short not in example.python and not short.startswith("__"):
            strangers.append(example.id)
    assert not strangers


def test_every_variant_by_hand_has_an_example() -> None:
    missing = {
        row.key
        for row in load_table().rows()
        for variant in row.variants
        if variant.kind != "alias" and not variant.location.startswith("aten") and not variant.examples
    }
    assert missing == SHOWN_IN_CASES


def test_definitions_come_with_what_they_use() -> None:
    assert definitions("s.backward()") == [NAMES["x"], NAMES["y"], NAMES["s"]]
    assert definitions("1 + 1") == []


@pytest.fixture(scope="session")
def verdicts(request: pytest.FixtureRequest) -> dict[str, Verdict]:
    """The verdict of the program that each example is in, of the examples that this session selected."""
    chosen = {item.name for item in request.session.items if "gives_python" in item.name}
    examples = [example for example in COMPILED if f"test_example_gives_python_bits[{example.id}]" in chosen]
    found: dict[str, Verdict] = {}
    grouped = list(batches(examples, BATCH))
    programs = [Program(f"examples_{number}.py", source) for number, (source, _) in enumerate(grouped)]
    for verdict, (_, batch) in zip(verify_programs(programs, VerifyOptions(timeout=120)), grouped, strict=True):
        found |= {example.id: verdict for example in batch}
    return found


@pytest.mark.build
@pytest.mark.parametrize("example", COMPILED, ids=lambda example: example.id)
def test_example_gives_python_bits(example: Example, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[example.id]
    assert verdict.status == "match", f"{verdict.path}: {verdict.detail}\n{verdict.mismatches}"
    assert verdict.detail == "", "an error on both sides hides the examples behind it"
    assert verdict.max_ulp == 0
    assert verdict.values > 0


def test_batches_hold_every_example_once() -> None:
    grouped = [example for _, examples in batches(COMPILED, BATCH) for example in examples]
    assert grouped == COMPILED
    assert len({example.id for example in COMPILED}) == len(COMPILED)
