"""Argument slips that C++ compilers accept."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from py2cpp_autograd import translate
from py2cpp_autograd.cli import cli
from py2cpp_autograd.verify.lint_cpp import slips

#: From PyTorch's C++ autograd tutorial.
TUTORIAL = """\
auto gradient = torch::autograd::grad({output},
                                      {input}, /*grad_outputs=*/{grad_output}, /*create_graph=*/true)[0];
auto gradient_penalty = torch::pow((gradient.norm(2, /*dim=*/1) - 1), 2).mean();
gradient_penalty.backward();
"""


def test_the_gradient_penalty_of_the_tutorial() -> None:
    (found,) = slips(TUTORIAL)
    assert (found.line, found.column) == (2, 79)
    assert found.message == "`/*create_graph=*/` stands at the parameter `retain_graph`"


SLIPS = {
    "torch::autograd::grad({y}, {x}, {}, true);": "retain_graph",
    "torch::autograd::grad({f(y, z)}, {x}, {}, std::nullopt, /*retain_graph=*/true);": "create_graph",
    "y.backward({}, true);": "retain_graph",
    "y->backward(/*gradient=*/{}, /*create_graph=*/true);": "retain_graph",
    "torch::autograd::backward({y}, {}, /*create_graph=*/ true);": "retain_graph",
    "using namespace torch::autograd;\nauto g = grad({y}, {x}, {}, true);": "retain_graph",
    "using torch::autograd::backward;\nbackward({y}, {}, true);": "retain_graph",
}
MISPLACED = {
    "torch::batch_norm(x, w, b, m, v, /*momentum=*/0.1, /*training=*/true, 1e-5, false);": ["training", "momentum"],
    "x.sum(/*keepdim=*/0, /*dim=*/true);": ["dim", "keepdim"],
    "torch::addmm(x, /*mat2=*/a, b);": ["mat1"],
    "bool create_graph = true;\ny.backward({}, create_graph);": ["retain_graph"],
    "torch::autograd::grad({y}, {x}, {}, 1);": ["retain_graph"],
}
CLEAN = [
    "torch::batch_norm(x, w, b, m, v, /*training=*/true, /*momentum=*/0.1, /*eps=*/1e-5, false);",
    "x.sum(/*dim=*/0, /*keepdim=*/true); x.sum(/*of=*/1); mine(/*keepdim=*/1, /*dim=*/0);",
    "bool retain_graph = true;\ny.backward({}, retain_graph);",
    "torch::autograd::grad({y}, {x}, /*grad_outputs=*/{}, /*retain_graph=*/true, /*create_graph=*/true);",
    "torch::autograd::grad({y}, {x}, {}, keep, create);",
    "y.backward();",
    "auto g = grad({y}, {x}, {}, true);",
    "using namespace torch::autograd;\nauto g = x.grad(true) + mine::grad(y, x, z, true) + my_grad(y, x, z, true);",
    'log("y.backward({}, true)"); // y.backward({}, true)',
    "y.backward(/*gradient=*/torch::ones({2, 3}), /*retain_graph=*/false);",
]


@pytest.mark.parametrize("text", SLIPS)
def test_slips(text: str) -> None:
    (found,) = slips(text)
    assert f"`{SLIPS[text]}`" in found.message


@pytest.mark.parametrize("text", MISPLACED)
def test_comments_that_name_another_parameter(text: str) -> None:
    assert [found.message.split("`")[3] for found in slips(text)] == MISPLACED[text]


@pytest.mark.parametrize("text", CLEAN)
def test_no_slips(text: str) -> None:
    assert slips(text) == []


TRAPS = {
    "torch::NoGradGuard();": "PCA604",
    "{ torch::NoGradGuard{}; x.add_(1); }": "PCA604",
    "torch::AutoGradMode(false);": "PCA604",
    "torch::NoGradGuard guard();": "PCA604",
    "auto z = torch::rand({3}) - torch::rand({3});": "PCA605",
    "f(torch::randn({2, 2}), torch::rand_like(x));": "PCA605",
    "torch::nn::Sequential net(torch::nn::Linear(2, 3), torch::nn::ReLU(), torch::nn::Linear(3, 1));": "PCA605",
    "auto y = 1 / 2 * x;": "PCA606",
    "auto y = x ^ 2;": "PCA606",
}
NO_TRAPS = [
    "torch::NoGradGuard guard;",
    "torch::AutoGradMode mode(false);",
    "auto a = torch::rand({3});\nauto b = torch::rand({3});",
    "std::vector<torch::Tensor> both{torch::rand({3})};",
    "auto y = 1.0 / 2 * x;  // 1 / 2",
    "#include <a/1/2>",
    "flags ^= 1;",
]


@pytest.mark.parametrize("text", TRAPS)
def test_traps(text: str) -> None:
    (found,) = slips(text)
    assert found.code == TRAPS[text]


@pytest.mark.parametrize("text", NO_TRAPS)
def test_no_traps(text: str) -> None:
    assert slips(text) == []


def test_emitted_text_has_none() -> None:
    source = (
        "import torch\nx = torch.ones(2, requires_grad=True)\ny = (x * x).sum()\n"
        "g, = torch.autograd.grad(y, x, create_graph=True)\ng.sum().backward(retain_graph=True)\n"
    )
    assert slips(translate(source, filename="program.py").cpp) == []


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "penalty.cpp"
    path.write_text(TUTORIAL)
    done = CliRunner().invoke(cli, ["lint-cpp", str(path)])
    assert done.exit_code == 1
    assert done.stdout == f"{path}:2:80: warning[PCA603]: `/*create_graph=*/` stands at the parameter `retain_graph`\n"
    path.write_text(CLEAN[0])
    assert CliRunner().invoke(cli, ["lint-cpp", str(path)]).exit_code == 0
