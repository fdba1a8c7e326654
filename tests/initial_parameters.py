"""Initial parameters of layers, bit for bit, under each compiler: `python tests/initial_parameters.py [COMPILER]...`.

A layer is made with the same seed on both sides; its parameters, buffers, and the random state behind it are compared.
"""

from __future__ import annotations

import shutil
import sys

from faults import HEAD

from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, verify_programs

COMPILERS = ("g++", "clang++", "clang++-19", "clang++-16")
#: Every kind of layer that draws its parameters, and two that do not.
LAYERS = (
    "Linear(5, 3)", "Linear(5, 3, bias=False)", "Bilinear(3, 4, 2)", "Conv1d(2, 4, 3)", "Conv2d(4, 6, 3, groups=2)",
    "Conv3d(1, 2, 2)", "ConvTranspose1d(2, 3, 3)", "ConvTranspose2d(2, 3, 3)", "ConvTranspose3d(1, 2, 2)",
    "Embedding(7, 4)", "Embedding(7, 4, padding_idx=2)", "EmbeddingBag(7, 4)", "RNN(3, 4, num_layers=2)",
    "LSTM(3, 4, bidirectional=True)", "GRU(3, 4)", "LSTMCell(3, 4)", "GRUCell(3, 4)", "RNNCell(3, 4)",
    "MultiheadAttention(4, 2)", "TransformerEncoderLayer(4, 2, dim_feedforward=8)",
    "TransformerDecoderLayer(4, 2, dim_feedforward=8)", "LayerNorm(4)", "BatchNorm2d(3)", "GroupNorm(2, 4)", "PReLU(3)",
)  # fmt: skip
#: The functions of `nn.init` that draw.
INITS = (
    "uniform_(w, -1.0, 2.0)", "normal_(w, 0.5, 2.0)", "xavier_uniform_(w)", "xavier_normal_(w)", "kaiming_uniform_(w)",
    "kaiming_normal_(w)", "trunc_normal_(w)", "orthogonal_(w)", "sparse_(w, 0.5)",
)  # fmt: skip


def programs() -> list[Program]:
    """A program for each layer and for each function."""
    layers = [f"torch.manual_seed({n})\nlayer = nn.{one}\n" for n, one in enumerate(LAYERS)]
    inits = [f"w = torch.empty(4, 5)\ntorch.manual_seed({n})\nnn.init.{one}\n" for n, one in enumerate(INITS)]
    return [Program(f"initial_{n}.py", HEAD + text) for n, text in enumerate([*layers, *inits])]


def drawn(compiler: str) -> dict[str, Verdict]:
    """The verdicts by layer and function."""
    return dict(zip([*LAYERS, *INITS], verify_programs(programs(), VerifyOptions(compiler=compiler)), strict=True))


def main() -> int:
    """Print how many are equal under each compiler; exit status 1 where one is not."""
    wrong = 0
    for compiler in filter(shutil.which, sys.argv[1:] or COMPILERS):
        verdicts = drawn(compiler)
        for name, verdict in verdicts.items():
            if verdict.status != "match" or not verdict.bitwise:
                wrong += 1
                print(f"FAIL {compiler} {name}: {verdict.status} {verdict.detail[:200]} {verdict.mismatches[:2]}")
        values = sum(verdict.values for verdict in verdicts.values())
        right = sum(verdict.status == "match" for verdict in verdicts.values())
        equal = f"{right} of {len(verdicts)} layers and functions equal bit for bit"
        print(f"{compiler:12} {equal}, {values} values", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
