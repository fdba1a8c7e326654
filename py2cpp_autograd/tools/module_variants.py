"""Modules that torch's database of modules lacks, and options that it does not try: a construction, and a call.

Calls of `torch` are evaluated first, in the dtype of the program; floating ones are made differentiable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

#: What words in capitals stand for.
_WORDS: Mapping[str, str] = {
    "SIGNAL": "torch.randn(2, 4, 9)",
    "IMAGE": "torch.randn(2, 4, 6, 6)",
    "VOLUME": "torch.randn(2, 4, 4, 4, 4)",
    "ROWS": "torch.randn(3, 5)",
    "SEQUENCE": "torch.randn(5, 3, 4)",
    "SCORES": "torch.randn(4, 5), torch.tensor([1, 0, 4, 2])",
    "LOGS": "torch.randn(6, 2, 4)",
    "WORDS": "torch.randn(4, 8), torch.tensor([0, 3, 7, 9])",
    "TRIPLE": "torch.randn(3, 5), torch.randn(3, 5), torch.randn(3, 5)",
    "TOKENS": "torch.randn(5, 3, 8)",
    "BATCH": "torch.randn(3, 5, 8)",
    "MEMORY": "torch.randn(5, 3, 8), torch.randn(4, 3, 8)",
    "QUERY": "torch.randn(5, 3, 8), torch.randn(4, 3, 8), torch.randn(4, 3, 8)",
    "MASK": "torch.triu(torch.ones(5, 5), diagonal=1).bool()",
    "PADDED": "torch.tensor([[False, False, False, True, True]] * 3)",
}
_PADDINGS = {1: ("2", "(1, 2)"), 2: ("2", "(1, 2, 0, 1)"), 3: ("1", "(1, 2, 0, 1, 1, 0)")}

_TABLE = """
# dropout
Dropout(0.3) : ROWS
Dropout(p=0.3, inplace=False) : ROWS
Dropout1d(0.3) : SIGNAL
Dropout1d(0.3) : torch.randn(4, 9)
Dropout2d(0.3) : IMAGE
Dropout3d(0.3) : VOLUME
Dropout2d(0.3) : torch.randn(4, 6, 6)
AlphaDropout(0.3) : ROWS
FeatureAlphaDropout(0.3) : IMAGE
Dropout(0.0) : ROWS
Dropout(1) : ROWS
Identity(54, unused=0.1) : ROWS

# layers
Linear(5, 4, bias=False) : ROWS
Linear(5, 4) : torch.randn(2, 3, 5)
Linear(5, 4) : torch.randn(5)
Embedding(10, 3, padding_idx=0) : torch.tensor([[0, 2, 5], [9, 0, 2]])
Embedding(10, 3, max_norm=1.0) : torch.tensor([[0, 2, 5], [9, 0, 2]])
Embedding(10, 3, scale_grad_by_freq=True) : torch.tensor([[0, 2, 2], [9, 0, 2]])
Embedding(10, 3, -1) : torch.tensor([9, 1])
EmbeddingBag(10, 3) : torch.tensor([[0, 2, 5], [9, 0, 2]])
EmbeddingBag(10, 3, mode='sum') : torch.tensor([0, 2, 5, 9, 0, 2]), torch.tensor([0, 2])
EmbeddingBag(10, 3, mode='max') : torch.tensor([0, 2, 5, 9, 0, 2]), offsets=torch.tensor([0, 2])
EmbeddingBag(10, 3, mode='sum', padding_idx=2) : torch.tensor([[0, 2, 5], [9, 0, 2]])
EmbeddingBag(10, 3, mode='sum') : torch.tensor([[0, 2, 5], [9, 0, 2]]), per_sample_weights=torch.randn(2, 3)
EmbeddingBag(10, 3, include_last_offset=True) : torch.tensor([0, 2, 5, 9]), torch.tensor([0, 2, 4])
Conv1d(4, 6, 3, padding='same') : SIGNAL
Conv1d(4, 6, 3, padding='valid', dilation=2) : SIGNAL
Conv1d(4, 6, 3, padding=1, padding_mode='circular') : SIGNAL
Conv1d(4, 6, 3, groups=2) : SIGNAL
Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), bias=False) : IMAGE
Conv2d(4, 6, 3, padding='same', padding_mode='reflect') : IMAGE
Conv2d(4, 4, 3, padding=1, groups=4) : IMAGE
Conv2d(4, 6, 3) : torch.randn(4, 6, 6)
Conv2d(4, 6, 3, padding=1, padding_mode='replicate') : IMAGE
Conv3d(4, 2, 2, dilation=2) : VOLUME
ConvTranspose1d(4, 3, 3, stride=2, output_padding=1) : SIGNAL
ConvTranspose2d(4, 3, 3, stride=2, padding=1) : IMAGE
ConvTranspose2d(4, 3, 3, stride=2, padding=1) : IMAGE, output_size=[12, 12]
ConvTranspose3d(4, 2, 2, bias=False) : VOLUME
Fold((4, 5), (2, 2)) : torch.randn(2, 12, 12)
Fold(output_size=4, kernel_size=2, stride=2) : torch.randn(2, 12, 4)
Unfold(2) : IMAGE
Unfold((2, 3), padding=1, stride=2) : IMAGE
PixelShuffle(2) : IMAGE
PixelUnshuffle(3) : IMAGE
ChannelShuffle(2) : IMAGE
Upsample(scale_factor=2) : IMAGE
Upsample(size=(4, 8)) : IMAGE
Upsample(scale_factor=2, mode='bilinear', align_corners=True) : IMAGE
Upsample(scale_factor=(2, 1.5), mode='bicubic') : IMAGE
Upsample(size=12, mode='linear') : SIGNAL
Upsample(scale_factor=2.0, mode='trilinear') : VOLUME
UpsamplingNearest2d(scale_factor=2) : IMAGE
UpsamplingBilinear2d(size=(8, 8)) : IMAGE
Flatten() : IMAGE
Flatten(0, 1) : IMAGE
Unflatten(1, (2, 2)) : IMAGE
Unflatten(-1, [2, 3]) : IMAGE
Flatten(start_dim=2) : IMAGE

# norms
BatchNorm1d(5, affine=False) : ROWS
BatchNorm2d(4, momentum=None) : IMAGE
BatchNorm2d(4, track_running_stats=False) : IMAGE
BatchNorm1d(4, eps=0.001, momentum=0.5) : SIGNAL
BatchNorm2d(4, bias=False) : IMAGE
InstanceNorm2d(4, affine=True, track_running_stats=True) : IMAGE
InstanceNorm1d(4) : torch.randn(4, 9)
LayerNorm(5, bias=False) : ROWS
LayerNorm([6, 6], elementwise_affine=False) : IMAGE
LayerNorm((6,), 0.01) : IMAGE
GroupNorm(2, 4, affine=False) : IMAGE
GroupNorm(2, 4, bias=False) : IMAGE
RMSNorm(5) : ROWS
RMSNorm([6, 6], eps=0.01, elementwise_affine=False) : IMAGE
LocalResponseNorm(2) : IMAGE
LocalResponseNorm(3, 0.01, 0.5, 2.0) : IMAGE
CrossMapLRN2d(3) : IMAGE
SyncBatchNorm(4) : IMAGE

# pools
MaxPool2d(2, return_indices=True) : IMAGE
MaxPool1d(2, return_indices=True) : SIGNAL
MaxPool3d(2, return_indices=True) : VOLUME
MaxPool2d((3, 2), stride=(2, 1), padding=(1, 0)) : IMAGE
MaxPool2d(2, ceil_mode=True, dilation=2) : IMAGE
AdaptiveMaxPool2d(2, return_indices=True) : IMAGE
AdaptiveMaxPool1d(2, return_indices=True) : SIGNAL
AdaptiveMaxPool3d(2, True) : VOLUME
AdaptiveAvgPool2d((None, 2)) : IMAGE
AdaptiveMaxPool2d((3, None)) : IMAGE
LPPool1d(2, 3) : SIGNAL
LPPool2d(1.5, 3, stride=2) : IMAGE
LPPool3d(3, 2, ceil_mode=True) : VOLUME
AvgPool2d(3, stride=2, padding=1, count_include_pad=False) : IMAGE
AvgPool1d(3, 2) : SIGNAL
AvgPool2d(2, divisor_override=3) : IMAGE
FractionalMaxPool2d(2, output_size=3) : IMAGE
FractionalMaxPool2d(2, output_ratio=0.5, return_indices=True) : IMAGE
FractionalMaxPool2d((2, 3), output_ratio=(0.5, 0.6)) : IMAGE
FractionalMaxPool3d(2, output_size=(2, 3, 2)) : VOLUME
MaxUnpool2d(2) : torch.randn(1, 1, 2, 2), torch.tensor([[[[0, 3], [9, 14]]]])
MaxUnpool1d(2, stride=2) : torch.randn(1, 1, 2), torch.tensor([[[1, 2]]]), output_size=[1, 1, 5]
MaxUnpool3d(2) : torch.randn(1, 1, 1, 1, 2), torch.tensor([[[[[1, 2]]]]])

# losses
CosineSimilarity(dim=1, eps=1e-6) : ROWS, ROWS
CosineSimilarity() : ROWS, ROWS
PairwiseDistance(p=1.0, keepdim=True) : ROWS, ROWS
TripletMarginLoss() : TRIPLE
TripletMarginLoss(margin=0.5, p=1, swap=True, reduction='sum') : TRIPLE
TripletMarginWithDistanceLoss(margin=0.5) : TRIPLE
TripletMarginWithDistanceLoss(distance_function=nn.CosineSimilarity()) : TRIPLE
TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(1), swap=True) : TRIPLE
CrossEntropyLoss(label_smoothing=0.1) : SCORES
CrossEntropyLoss(ignore_index=0, reduction='sum') : SCORES
CrossEntropyLoss(weight=torch.tensor([0.5, 1.0, 2.0, 0.25, 1.0])) : SCORES
NLLLoss(reduction='none') : SCORES
NLLLoss2d() : torch.randn(1, 3, 2, 2), torch.tensor([[[0, 1], [2, 1]]])
BCEWithLogitsLoss(pos_weight=torch.tensor([0.5, 1.0, 2.0, 0.25, 1.0])) : ROWS, torch.full((3, 5), 0.5)
KLDivLoss(reduction='batchmean', log_target=True) : ROWS, ROWS
GaussianNLLLoss(full=True) : ROWS, ROWS, torch.full((3, 5), 0.5)
GaussianNLLLoss() : ROWS, ROWS, torch.full((3, 1), 0.5)
CTCLoss() : LOGS, torch.tensor([[1, 2], [3, 1]]), torch.tensor([6, 6]), torch.tensor([2, 1])
CTCLoss(blank=1, reduction='sum', zero_infinity=True) : LOGS, torch.tensor([[0, 2], [3, 0]]), (6, 6), (2, 1)
MultiMarginLoss(p=2, margin=0.5) : SCORES
MultiLabelMarginLoss() : torch.randn(1, 4), torch.tensor([[3, 0, -1, 1]])
MultiLabelSoftMarginLoss() : ROWS, torch.full((3, 5), 1.0)
MarginRankingLoss(0.5) : torch.randn(3), torch.randn(3), torch.tensor([1, -1, 1])
CosineEmbeddingLoss(margin=0.2) : ROWS, ROWS, torch.tensor([1, -1, 1])
HingeEmbeddingLoss(margin=0.5) : torch.randn(3), torch.tensor([1, -1, 1])
PoissonNLLLoss(log_input=False, full=True) : torch.rand(3, 5), torch.full((3, 5), 2.5)
AdaptiveLogSoftmaxWithLoss(8, 10, [2, 5]) : WORDS
AdaptiveLogSoftmaxWithLoss(8, 10, cutoffs=[4], div_value=2.0, head_bias=True) : WORDS
LinearCrossEntropyLoss(5, 4) : ROWS, torch.tensor([1, 0, 3])

# activations
ReLU(inplace=False) : ROWS
GELU('tanh') : ROWS
GELU(approximate='none') : ROWS
Hardswish() : ROWS
Hardsigmoid() : ROWS
RReLU() : ROWS
RReLU(0.2, 0.3) : ROWS
Threshold(0.1, 20) : ROWS
Softplus(2, 10) : ROWS
Softmax(-1) : ROWS
LogSoftmax(dim=-1) : ROWS
Hardtanh(-2, 2) : ROWS
PReLU(5) : ROWS
PReLU(init=0.1) : ROWS
LeakyReLU(0.2) : ROWS
ELU(0.5) : ROWS
SiLU() : ROWS
Mish() : ROWS
CELU(1.5) : ROWS
Softmin(dim=0) : ROWS
Softmax() : ROWS
LogSoftmax() : ROWS
Softmax2d() : IMAGE
GLU() : torch.randn(3, 6)
Hardtanh(min_val=0.0, max_val=1.0) : ROWS

# recurrent
RNN(4, 6) : SEQUENCE
RNN(4, 6, 2) : SEQUENCE
RNN(4, 6, num_layers=2, batch_first=True) : SEQUENCE
RNN(4, 6, bidirectional=True) : SEQUENCE
RNN(4, 6, bias=False) : SEQUENCE
RNN(4, 6, num_layers=2, dropout=0.5) : SEQUENCE
RNN(4, 6, num_layers=2, bidirectional=True, batch_first=True) : SEQUENCE
LSTM(4, 6) : SEQUENCE
LSTM(4, 6, 2) : SEQUENCE
LSTM(4, 6, num_layers=2, batch_first=True) : SEQUENCE
LSTM(4, 6, bidirectional=True) : SEQUENCE
LSTM(4, 6, bias=False) : SEQUENCE
LSTM(4, 6, num_layers=2, dropout=0.5) : SEQUENCE
LSTM(4, 6, num_layers=2, bidirectional=True, batch_first=True) : SEQUENCE
GRU(4, 6) : SEQUENCE
GRU(4, 6, 2) : SEQUENCE
GRU(4, 6, num_layers=2, batch_first=True) : SEQUENCE
GRU(4, 6, bidirectional=True) : SEQUENCE
GRU(4, 6, bias=False) : SEQUENCE
GRU(4, 6, num_layers=2, dropout=0.5) : SEQUENCE
GRU(4, 6, num_layers=2, bidirectional=True, batch_first=True) : SEQUENCE
RNN(4, 6, nonlinearity='relu') : SEQUENCE
LSTM(4, 6, proj_size=3) : SEQUENCE
RNN(4, 6) : torch.randn(5, 4)
LSTM(4, 6, batch_first=True) : torch.randn(5, 4)
GRU(4, 6, bidirectional=True) : torch.randn(5, 4)
GRU(4, 6) : SEQUENCE, torch.randn(1, 3, 6)
RNN(4, 6) : torch.randn(5, 4), torch.randn(1, 6)
LSTM(4, 6) : SEQUENCE, (torch.randn(1, 3, 6), torch.randn(1, 3, 6))
LSTM(4, 6) : torch.randn(5, 4), (torch.randn(1, 6), torch.randn(1, 6))
RNNCell(4, 6) : torch.randn(3, 4)
RNNCell(4, 6, nonlinearity='relu') : torch.randn(3, 4), torch.randn(3, 6)
LSTMCell(4, 6) : torch.randn(3, 4)
LSTMCell(4, 6) : torch.randn(3, 4), (torch.randn(3, 6), torch.randn(3, 6))
GRUCell(4, 6, bias=False) : torch.randn(3, 4), torch.randn(3, 6)
GRUCell(4, 6) : torch.randn(4)
LSTMCell(4, 6) : torch.randn(4), (torch.randn(6), torch.randn(6))

# attention
MultiheadAttention(8, 2) : QUERY
MultiheadAttention(8, 2) : QUERY, need_weights=False
MultiheadAttention(8, 2) : QUERY, average_attn_weights=False
MultiheadAttention(8, 2, dropout=0.3, bias=False) : QUERY
MultiheadAttention(8, 2, add_bias_kv=True) : QUERY
MultiheadAttention(8, 2, add_zero_attn=True) : QUERY
MultiheadAttention(8, 2) : torch.randn(5, 8), torch.randn(4, 8), torch.randn(4, 8)
MultiheadAttention(8, 2, kdim=6, vdim=4) : TOKENS, torch.randn(4, 3, 6), torch.randn(4, 3, 4)
MultiheadAttention(8, 2, batch_first=True) : BATCH, torch.randn(3, 4, 8), torch.randn(3, 4, 8)
MultiheadAttention(8, 2, batch_first=True) : BATCH, BATCH, BATCH, attn_mask=MASK, need_weights=False
MultiheadAttention(8, 2) : QUERY, key_padding_mask=torch.tensor([[False, True, False, True]] * 3)
TransformerEncoderLayer(8, 2, 16) : TOKENS
TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True) : BATCH
TransformerEncoderLayer(8, 2, 16, norm_first=True, activation='gelu') : TOKENS
TransformerEncoderLayer(8, 2, 16, bias=False, dropout=0.2) : TOKENS
TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, activation=nn.functional.gelu) : TOKENS
TransformerEncoderLayer(8, 2, 16, batch_first=True) : BATCH, MASK
TransformerEncoderLayer(8, 2, 16, batch_first=True) : BATCH, src_key_padding_mask=PADDED
TransformerDecoderLayer(8, 2, 16) : MEMORY
TransformerDecoderLayer(8, 2, 16, norm_first=True, activation='gelu') : MEMORY
TransformerDecoderLayer(8, 2, 16, dropout=0.0) : MEMORY, tgt_mask=MASK
TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2) : BATCH
TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), num_layers=2, norm=nn.LayerNorm(8)) : TOKENS, mask=MASK
TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2) : BATCH, src_key_padding_mask=PADDED
TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), 2) : MEMORY
TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), num_layers=2, norm=nn.LayerNorm(8)) : MEMORY, tgt_mask=MASK
Transformer(8, 2, 1, 1, 16) : MEMORY
Transformer(8, 2, 2, 2, dim_feedforward=16, batch_first=True) : torch.randn(3, 4, 8), BATCH

# lazy
LazyLinear(4) : ROWS
LazyConv2d(4, 3) : IMAGE
LazyBatchNorm2d() : IMAGE
LazyConvTranspose1d(3, 2) : SIGNAL
"""


def _written() -> Iterator[tuple[str, str]]:
    for line in _TABLE.splitlines():
        construction, _, arguments = line.partition(" : ")
        if arguments:
            yield construction, re.sub("|".join(_WORDS), lambda word: _WORDS[word.group()], arguments)


def _padding() -> Iterator[tuple[str, str]]:
    for dims, data in enumerate(("SIGNAL", "IMAGE", "VOLUME"), 1):
        for kind in ("Circular", "Constant", "Reflection", "Replication", "Zero"):
            for padding in _PADDINGS[dims]:
                value = ", 1.5" if kind == "Constant" else ""
                yield f"{kind}Pad{dims}d({padding}{value})", _WORDS[data]


#: Constructions of a class of `torch.nn`, and the arguments of a call.
VARIANTS: tuple[tuple[str, str], ...] = (*_written(), *_padding())
