"""Public functions and methods that torch's database of operators lacks: a call of each.

Most are the functions below those of `torch.nn.functional`, with their plainer signatures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MAKES = {
    "x": "torch.tensor([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]], requires_grad=True)",
    "y": "torch.tensor([[1.5, 0.5, 3.0], [2.0, 1.0, 0.25]])",
    "image": "torch.randn(1, 4, 6, 6, requires_grad=True)",
    "sequence": "torch.randn(3, 2, 4, requires_grad=True)",
    "rows": "torch.tensor([[0, 1, 1], [1, 0, 0]])",
    "state": "torch.zeros(1, 2, 5)",
    "wide": "torch.randn(15, 4, requires_grad=True)",
    "deep": "torch.randn(15, 5)",
    "bias": "torch.randn(15)",
    "wider": "torch.randn(20, 4, requires_grad=True)",
    "deeper": "torch.randn(20, 5)",
    "narrow": "torch.randn(5, 4, requires_grad=True)",
    "square": "torch.randn(5, 5)",
}

_CALLS = """
torch.adaptive_max_pool1d(image[0], 2)
torch.affine_grid_generator(x.unsqueeze(0), [1, 1, 2, 2], False)
torch.alpha_dropout(x, 0.5, True)
torch.alpha_dropout_(x.clone(), 0.5, True)
torch.bartlett_window(5)
torch.blackman_window(5)
torch.hamming_window(5, periodic=False)
torch.hann_window(5, dtype=torch.float64)
torch.kaiser_window(5, True, 10.0)
torch.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, True)
torch.binary_cross_entropy_with_logits(x, y.sigmoid())
torch.binomial(torch.full((3,), 5.0), torch.full((3,), 0.5))
torch.can_cast(torch.float32, torch.int64)
torch.celu(x, 0.5)
torch.celu_(x.clone(), 0.5)
torch.conv_tbc(sequence, torch.ones(2, 4, 3), torch.zeros(3), 1)
torch.convolution(image, torch.ones(2, 4, 3, 3), None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1)
torch.cosine_embedding_loss(x, y, torch.ones(2))
torch.ctc_loss(x.unsqueeze(1).log_softmax(2), torch.tensor([[1]]), torch.tensor([2]), torch.tensor([1]))
torch.detach(x)
torch.detach_(x.clone())
torch.dropout(x, 0.5, True)
torch.dropout_(x.clone(), 0.5, True)
torch.embedding(x, rows)
torch.embedding_bag(x, rows[0], torch.tensor([0, 2]))
torch.embedding_renorm_(y.clone(), rows, 1.0, 2.0)
torch.empty_permuted((2, 3), (1, 0)).fill_(1.0)
torch.empty_strided((2, 3), (1, 2)).copy_(y)
torch.feature_alpha_dropout(image, 0.5, True)
torch.feature_alpha_dropout_(image.clone(), 0.5, True)
torch.feature_dropout(image, 0.5, True)
torch.feature_dropout_(image.clone(), 0.5, True)
torch.fill_(x.clone(), 2.0)
torch.frobenius_norm(x, [0, 1])
torch.grid_sampler(image, torch.zeros(1, 2, 2, 2), 0, 0, False)
torch.gru(sequence, state, [wide, deep, bias, bias * 2], True, 1, 0.0, False, False, False)
torch.gru_cell(sequence[0], state[0], wide, deep, bias, bias * 2)
torch.lstm(sequence, (state, state + 1), [wider, deeper], False, 1, 0.0, False, False, False)
torch.lstm_cell(sequence[0], (state[0], state[0] + 1), wider, deeper)
torch.rnn_relu(sequence, state, [narrow, square], False, 1, 0.0, False, False, False)
torch.rnn_relu_cell(sequence[0], state[0], narrow, square)
torch.rnn_tanh(sequence, state, [narrow, square], False, 1, 0.0, False, False, False)
torch.rnn_tanh_cell(sequence[0], state[0], narrow, square)
torch.hinge_embedding_loss(x, y.sign())
torch.instance_norm(image, None, None, None, None, True, 0.1, 1e-5, True)
torch.is_complex(x)
torch.is_conj(x)
torch.is_distributed(x)
torch.is_floating_point(x)
torch.is_inference(x)
torch.is_neg(x)
torch.is_nonzero(x.sum())
torch.is_same_size(x, y)
torch.is_signed(x)
torch.kl_div(x, y)
torch.margin_ranking_loss(x, y, y.sign())
torch.max_pool1d(image[0], 2)
torch.max_pool1d_with_indices(image[0], 2)
torch.max_pool2d(image, 2)
torch.max_pool3d(image, 1)
torch.native_channel_shuffle(image, 2)
torch.nn.functional.native_channel_shuffle(image, 2)
torch.nn.functional.conv_tbc(sequence, torch.ones(2, 4, 3), torch.zeros(3))
torch.native_dropout(x, 0.5, True)
torch.norm_except_dim(x)
torch.nuclear_norm(x)
torch.poisson(y)
torch.poisson_nll_loss(x, y, True, False, 1e-8, 1)
torch.polygamma(1, y)
torch.special.polygamma(2, y)
torch.randperm(5)
torch.relu(x)
torch.relu_(x.clone())
torch.rrelu(x)
torch.rrelu_(x.clone())
torch.nn.functional.rrelu_(x.clone())
torch.selu(x)
torch.selu_(x.clone())
torch.nn.functional.selu_(x.clone())
torch.nn.functional.celu_(x.clone())
torch.nn.functional.elu_(x.clone(), 0.5)
torch.nn.functional.relu_(x.clone())
torch.nn.functional.hardtanh_(x.clone())
torch.nn.functional.leaky_relu_(x.clone(), 0.2)
torch.nn.functional.threshold_(x.clone(), 0.5, 0.25)
torch.threshold(x, 0.5, 0.25)
torch.threshold_(x.clone(), 0.5, 0.25)
torch.resize_as_(y.clone(), torch.ones(3))
torch.slice_inverse(x[0:1], x, 0, 0, 1, 1)
torch.slice_scatter(x, torch.zeros(1, 3), 0, 0, 1)
torch.slogdet(x @ x.T)
torch.triplet_margin_loss(x, y, x * 2)
torch.vander(x[0], 3)
torch.fft.fftfreq(5)
torch.fft.rfftfreq(5, 0.5)
x.hardshrink(0.5)
x.is_complex()
x.is_conj()
x.is_distributed()
x.is_inference()
x.is_neg()
x.sum().is_nonzero()
x.is_pinned()
x.is_same_size(y)
x.is_set_to(y)
x.is_signed()
x.dense_dim()
x.new_empty(0, 3)
x.new_empty_strided((0, 3), (3, 1))
x.prelu(torch.tensor(0.25))
y.clone().random_(0, 10)
x.relu()
x.clone().relu_()
y.clone().resize_(2, 2)
y.clone().resize_as_(torch.ones(3))
x.narrow(0, 0, 1).slice_inverse(x, 0, 0, 1, 1)
x.slice_scatter(torch.zeros(1, 3), 0, 0, 1)
(x @ x.T).slogdet()
x.to_dense()
x.clone().zero_()
x.clone().fill_diagonal_(2.0)
torch.arccos_(y.sigmoid())
torch.arcsin_(y.sigmoid())
torch.arctan_(y.sigmoid())
torch.arctanh_(y.sigmoid())
y.sigmoid().arctanh_()
torch.atanh_(y.sigmoid())
y.sigmoid().atanh_()
torch.asinh_(y.sigmoid())
y.sigmoid().asinh_()
torch.arcsinh_(y.sigmoid())
y.sigmoid().arcsinh_()
torch.acosh_(y + 1)
(y + 1).acosh_()
torch.arccosh_(y + 1)
(y + 1).arccosh_()
torch.addmv_(torch.ones(2), y, y[0])
torch.ones(2).addmv_(y, y[0])
torch.ones(2, 2).addmm_(y, y.T)
torch.ones(3, 3).addr_(y[0], y[1])
torch.ones(1, 2, 2).baddbmm_(y.unsqueeze(0), y.T.unsqueeze(0))
torch.clip_(x.clone(), 0.5, 1.5)
torch.fix_(x.clone())
torch.negative_(x.clone())
"""
#: A call whose receiver is a name, or what another call gives.
_METHOD = re.compile(r"(?:^\w*[xy]|\))\.(\w+)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)$")


def extras() -> Iterator[tuple[str, str]]:
    """The name of each function or method, and a program that assigns what it gives to `out`."""
    for call in _CALLS.split("\n"):
        if call:
            used = [f"{name} = {text}" for name, text in _MAKES.items() if re.search(rf"\b{name}\b", call)]
            source = "\n".join(["import torch", "", *used, f"out = {call}"]) + "\n"
            method = _METHOD.search(call)
            yield f"Tensor.{method[1]}" if method else call.removeprefix("torch.").partition("(")[0], source
