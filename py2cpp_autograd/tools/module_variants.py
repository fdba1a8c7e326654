"""Modules that torch's database of modules lacks, and options that it does not try: a construction, and a call.

Calls of `torch` are evaluated first, in the dtype of the program; floating ones are made differentiable.
"""

from __future__ import annotations

_IMAGE, _VOLUME, _SIGNAL, _ROWS = (
    "torch.randn(2, 4, 6, 6)", "torch.randn(2, 4, 4, 4, 4)", "torch.randn(2, 4, 9)", "torch.randn(3, 5)",
)  # fmt: skip
_SEQUENCE = "torch.randn(5, 3, 4)"
_SCORES = "torch.randn(4, 5), torch.tensor([1, 0, 4, 2])"
_TRIPLE = "torch.randn(3, 5), torch.randn(3, 5), torch.randn(3, 5)"

_DROPOUT = [
    ("Dropout(0.3)", _ROWS), ("Dropout(p=0.3, inplace=False)", _ROWS), ("Dropout1d(0.3)", _SIGNAL),
    ("Dropout1d(0.3)", "torch.randn(4, 9)"), ("Dropout2d(0.3)", _IMAGE), ("Dropout3d(0.3)", _VOLUME),
    ("Dropout2d(0.3)", "torch.randn(4, 6, 6)"), ("AlphaDropout(0.3)", _ROWS), ("FeatureAlphaDropout(0.3)", _IMAGE),
    ("Dropout(0.0)", _ROWS), ("Dropout(1)", _ROWS), ("Identity(54, unused=0.1)", _ROWS),
]  # fmt: skip

_LAYERS = [
    ("Linear(5, 4, bias=False)", _ROWS), ("Linear(5, 4)", "torch.randn(2, 3, 5)"), ("Linear(5, 4)", "torch.randn(5)"),
    ("Embedding(10, 3, padding_idx=0)", "torch.tensor([[0, 2, 5], [9, 0, 2]])"),
    ("Embedding(10, 3, max_norm=1.0)", "torch.tensor([[0, 2, 5], [9, 0, 2]])"),
    ("Embedding(10, 3, scale_grad_by_freq=True)", "torch.tensor([[0, 2, 2], [9, 0, 2]])"),
    ("Embedding(10, 3, -1)", "torch.tensor([9, 1])"),
    ("EmbeddingBag(10, 3)", "torch.tensor([[0, 2, 5], [9, 0, 2]])"),
    ("EmbeddingBag(10, 3, mode='sum')", "torch.tensor([0, 2, 5, 9, 0, 2]), torch.tensor([0, 2])"),
    ("EmbeddingBag(10, 3, mode='max')", "torch.tensor([0, 2, 5, 9, 0, 2]), offsets=torch.tensor([0, 2])"),
    ("EmbeddingBag(10, 3, mode='sum', padding_idx=2)", "torch.tensor([[0, 2, 5], [9, 0, 2]])"),
    ("EmbeddingBag(10, 3, mode='sum')",
     "torch.tensor([[0, 2, 5], [9, 0, 2]]), per_sample_weights=torch.randn(2, 3)"),
    ("EmbeddingBag(10, 3, include_last_offset=True)", "torch.tensor([0, 2, 5, 9]), torch.tensor([0, 2, 4])"),
    ("Conv1d(4, 6, 3, padding='same')", _SIGNAL), ("Conv1d(4, 6, 3, padding='valid', dilation=2)", _SIGNAL),
    ("Conv1d(4, 6, 3, padding=1, padding_mode='circular')", _SIGNAL), ("Conv1d(4, 6, 3, groups=2)", _SIGNAL),
    ("Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), bias=False)", _IMAGE),
    ("Conv2d(4, 6, 3, padding='same', padding_mode='reflect')", _IMAGE),
    ("Conv2d(4, 4, 3, padding=1, groups=4)", _IMAGE), ("Conv2d(4, 6, 3)", "torch.randn(4, 6, 6)"),
    ("Conv2d(4, 6, 3, padding=1, padding_mode='replicate')", _IMAGE), ("Conv3d(4, 2, 2, dilation=2)", _VOLUME),
    ("ConvTranspose1d(4, 3, 3, stride=2, output_padding=1)", _SIGNAL),
    ("ConvTranspose2d(4, 3, 3, stride=2, padding=1)", _IMAGE),
    ("ConvTranspose2d(4, 3, 3, stride=2, padding=1)", f"{_IMAGE}, output_size=[12, 12]"),
    ("ConvTranspose3d(4, 2, 2, bias=False)", _VOLUME), ("Fold((4, 5), (2, 2))", "torch.randn(2, 12, 12)"),
    ("Fold(output_size=4, kernel_size=2, stride=2)", "torch.randn(2, 12, 4)"), ("Unfold(2)", _IMAGE),
    ("Unfold((2, 3), padding=1, stride=2)", _IMAGE), ("PixelShuffle(2)", _IMAGE), ("PixelUnshuffle(3)", _IMAGE),
    ("ChannelShuffle(2)", _IMAGE), ("Upsample(scale_factor=2)", _IMAGE), ("Upsample(size=(4, 8))", _IMAGE),
    ("Upsample(scale_factor=2, mode='bilinear', align_corners=True)", _IMAGE),
    ("Upsample(scale_factor=(2, 1.5), mode='bicubic')", _IMAGE), ("Upsample(size=12, mode='linear')", _SIGNAL),
    ("Upsample(scale_factor=2.0, mode='trilinear')", _VOLUME), ("UpsamplingNearest2d(scale_factor=2)", _IMAGE),
    ("UpsamplingBilinear2d(size=(8, 8))", _IMAGE), ("Flatten()", _IMAGE), ("Flatten(0, 1)", _IMAGE),
    ("Unflatten(1, (2, 2))", _IMAGE), ("Unflatten(-1, [2, 3])", _IMAGE), ("Flatten(start_dim=2)", _IMAGE),
]  # fmt: skip

_NORMS = [
    ("BatchNorm1d(5, affine=False)", _ROWS), ("BatchNorm2d(4, momentum=None)", _IMAGE),
    ("BatchNorm2d(4, track_running_stats=False)", _IMAGE), ("BatchNorm1d(4, eps=0.001, momentum=0.5)", _SIGNAL),
    ("BatchNorm2d(4, bias=False)", _IMAGE), ("InstanceNorm2d(4, affine=True, track_running_stats=True)", _IMAGE),
    ("InstanceNorm1d(4)", "torch.randn(4, 9)"), ("LayerNorm(5, bias=False)", _ROWS),
    ("LayerNorm([6, 6], elementwise_affine=False)", _IMAGE), ("LayerNorm((6,), 0.01)", _IMAGE),
    ("GroupNorm(2, 4, affine=False)", _IMAGE), ("GroupNorm(2, 4, bias=False)", _IMAGE), ("RMSNorm(5)", _ROWS),
    ("RMSNorm([6, 6], eps=0.01, elementwise_affine=False)", _IMAGE), ("LocalResponseNorm(2)", _IMAGE),
    ("LocalResponseNorm(3, 0.01, 0.5, 2.0)", _IMAGE), ("CrossMapLRN2d(3)", _IMAGE), ("SyncBatchNorm(4)", _IMAGE),
]  # fmt: skip

_POOLS = [
    ("MaxPool2d(2, return_indices=True)", _IMAGE), ("MaxPool1d(2, return_indices=True)", _SIGNAL),
    ("MaxPool3d(2, return_indices=True)", _VOLUME), ("MaxPool2d((3, 2), stride=(2, 1), padding=(1, 0))", _IMAGE),
    ("MaxPool2d(2, ceil_mode=True, dilation=2)", _IMAGE), ("AdaptiveMaxPool2d(2, return_indices=True)", _IMAGE),
    ("AdaptiveMaxPool1d(2, return_indices=True)", _SIGNAL), ("AdaptiveMaxPool3d(2, True)", _VOLUME),
    ("AdaptiveAvgPool2d((None, 2))", _IMAGE), ("AdaptiveMaxPool2d((3, None))", _IMAGE), ("LPPool1d(2, 3)", _SIGNAL),
    ("LPPool2d(1.5, 3, stride=2)", _IMAGE), ("LPPool3d(3, 2, ceil_mode=True)", _VOLUME),
    ("AvgPool2d(3, stride=2, padding=1, count_include_pad=False)", _IMAGE), ("AvgPool1d(3, 2)", _SIGNAL),
    ("AvgPool2d(2, divisor_override=3)", _IMAGE), ("FractionalMaxPool2d(2, output_size=3)", _IMAGE),
    ("FractionalMaxPool2d(2, output_ratio=0.5, return_indices=True)", _IMAGE),
    ("FractionalMaxPool2d((2, 3), output_ratio=(0.5, 0.6))", _IMAGE),
    ("FractionalMaxPool3d(2, output_size=(2, 3, 2))", _VOLUME),
    ("MaxUnpool2d(2)", "torch.randn(1, 1, 2, 2), torch.tensor([[[[0, 3], [9, 14]]]])"),
    ("MaxUnpool1d(2, stride=2)", "torch.randn(1, 1, 2), torch.tensor([[[1, 2]]]), output_size=[1, 1, 5]"),
    ("MaxUnpool3d(2)", "torch.randn(1, 1, 1, 1, 2), torch.tensor([[[[[1, 2]]]]])"),
]  # fmt: skip

_PADS = [
    (f"{kind}Pad{dims}d({padding}{value})", data)
    for dims, data, paddings in (
        (1, _SIGNAL, ("2", "(1, 2)")),
        (2, _IMAGE, ("2", "(1, 2, 0, 1)")),
        (3, _VOLUME, ("1", "(1, 2, 0, 1, 1, 0)")),
    )
    for kind, value in (("Circular", ""), ("Constant", ", 1.5"), ("Reflection", ""), ("Replication", ""), ("Zero", ""))
    for padding in paddings
]

_LOSSES = [
    ("CosineSimilarity(dim=1, eps=1e-6)", "torch.randn(3, 5), torch.randn(3, 5)"),
    ("CosineSimilarity()", "torch.randn(3, 5), torch.randn(3, 5)"),
    ("PairwiseDistance(p=1.0, keepdim=True)", "torch.randn(3, 5), torch.randn(3, 5)"),
    ("TripletMarginLoss()", _TRIPLE), ("TripletMarginLoss(margin=0.5, p=1, swap=True, reduction='sum')", _TRIPLE),
    ("TripletMarginWithDistanceLoss(margin=0.5)", _TRIPLE),
    ("TripletMarginWithDistanceLoss(distance_function=nn.CosineSimilarity())", _TRIPLE),
    ("TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(1), swap=True)", _TRIPLE),
    ("CrossEntropyLoss(label_smoothing=0.1)", _SCORES), ("CrossEntropyLoss(ignore_index=0, reduction='sum')", _SCORES),
    ("CrossEntropyLoss(weight=torch.tensor([0.5, 1.0, 2.0, 0.25, 1.0]))", "torch.randn(4, 5), torch.tensor([1, 0, 4, 2])"),
    ("NLLLoss(reduction='none')", _SCORES), ("NLLLoss2d()", "torch.randn(1, 3, 2, 2), torch.tensor([[[0, 1], [2, 1]]])"),
    ("BCEWithLogitsLoss(pos_weight=torch.tensor([0.5, 1.0, 2.0, 0.25, 1.0]))", "torch.randn(3, 5), torch.full((3, 5), 0.5)"),
    ("KLDivLoss(reduction='batchmean', log_target=True)", "torch.randn(3, 5), torch.randn(3, 5)"),
    ("GaussianNLLLoss(full=True)", "torch.randn(3, 5), torch.randn(3, 5), torch.full((3, 5), 0.5)"),
    ("GaussianNLLLoss()", "torch.randn(3, 5), torch.randn(3, 5), torch.full((3, 1), 0.5)"),
    ("CTCLoss()", "torch.randn(6, 2, 4), torch.tensor([[1, 2], [3, 1]]), torch.tensor([6, 6]), torch.tensor([2, 1])"),
    ("CTCLoss(blank=1, reduction='sum', zero_infinity=True)",
     "torch.randn(6, 2, 4), torch.tensor([[0, 2], [3, 0]]), (6, 6), (2, 1)"),
    ("MultiMarginLoss(p=2, margin=0.5)", _SCORES), ("MultiLabelMarginLoss()", "torch.randn(1, 4), torch.tensor([[3, 0, -1, 1]])"),
    ("MultiLabelSoftMarginLoss()", "torch.randn(3, 5), torch.full((3, 5), 1.0)"),
    ("MarginRankingLoss(0.5)", "torch.randn(3), torch.randn(3), torch.tensor([1, -1, 1])"),
    ("CosineEmbeddingLoss(margin=0.2)", "torch.randn(3, 5), torch.randn(3, 5), torch.tensor([1, -1, 1])"),
    ("HingeEmbeddingLoss(margin=0.5)", "torch.randn(3), torch.tensor([1, -1, 1])"),
    ("PoissonNLLLoss(log_input=False, full=True)", "torch.rand(3, 5), torch.full((3, 5), 2.5)"),
    ("AdaptiveLogSoftmaxWithLoss(8, 10, [2, 5])", "torch.randn(4, 8), torch.tensor([0, 3, 7, 9])"),
    ("AdaptiveLogSoftmaxWithLoss(8, 10, cutoffs=[4], div_value=2.0, head_bias=True)", "torch.randn(4, 8), torch.tensor([0, 3, 7, 9])"),
    ("LinearCrossEntropyLoss(5, 4)", "torch.randn(3, 5), torch.tensor([1, 0, 3])"),
]  # fmt: skip

_ACTIVATIONS = [
    (name, _ROWS) for name in (
        "ReLU(inplace=False)", "GELU('tanh')", "GELU(approximate='none')", "Hardswish()", "Hardsigmoid()", "RReLU()",
        "RReLU(0.2, 0.3)", "Threshold(0.1, 20)", "Softplus(2, 10)", "Softmax(-1)", "LogSoftmax(dim=-1)", "Hardtanh(-2, 2)",
        "PReLU(5)", "PReLU(init=0.1)", "LeakyReLU(0.2)", "ELU(0.5)", "SiLU()", "Mish()", "CELU(1.5)", "Softmin(dim=0)",
        "Softmax()", "LogSoftmax()",
    )
] + [("Softmax2d()", _IMAGE), ("GLU()", "torch.randn(3, 6)"), ("Hardtanh(min_val=0.0, max_val=1.0)", _ROWS)]  # fmt: skip

_RECURRENT = [
    (f"{kind}(4, 6{options})", _SEQUENCE)
    for kind in ("RNN", "LSTM", "GRU")
    for options in (
        "", ", 2", ", num_layers=2, batch_first=True", ", bidirectional=True", ", bias=False",
        ", num_layers=2, dropout=0.5", ", num_layers=2, bidirectional=True, batch_first=True",
    )
] + [
    ("RNN(4, 6, nonlinearity='relu')", _SEQUENCE), ("LSTM(4, 6, proj_size=3)", _SEQUENCE),
    ("RNN(4, 6)", "torch.randn(5, 4)"), ("LSTM(4, 6, batch_first=True)", "torch.randn(5, 4)"),
    ("GRU(4, 6, bidirectional=True)", "torch.randn(5, 4)"), ("GRU(4, 6)", "torch.randn(5, 3, 4), torch.randn(1, 3, 6)"),
    ("RNN(4, 6)", "torch.randn(5, 4), torch.randn(1, 6)"),
    ("LSTM(4, 6)", "torch.randn(5, 3, 4), (torch.randn(1, 3, 6), torch.randn(1, 3, 6))"),
    ("LSTM(4, 6)", "torch.randn(5, 4), (torch.randn(1, 6), torch.randn(1, 6))"),
    ("RNNCell(4, 6)", "torch.randn(3, 4)"), ("RNNCell(4, 6, nonlinearity='relu')", "torch.randn(3, 4), torch.randn(3, 6)"),
    ("LSTMCell(4, 6)", "torch.randn(3, 4)"), ("LSTMCell(4, 6)", "torch.randn(3, 4), (torch.randn(3, 6), torch.randn(3, 6))"),
    ("GRUCell(4, 6, bias=False)", "torch.randn(3, 4), torch.randn(3, 6)"), ("GRUCell(4, 6)", "torch.randn(4)"),
    ("LSTMCell(4, 6)", "torch.randn(4), (torch.randn(6), torch.randn(6))"),
]  # fmt: skip

_QUERY = "torch.randn(5, 3, 8), torch.randn(4, 3, 8), torch.randn(4, 3, 8)"
_MASK = "torch.triu(torch.ones(5, 5), diagonal=1).bool()"
_SEQUENCES = "torch.randn(5, 3, 8)"
_BATCH = "torch.randn(3, 5, 8)"
_MEMORY = "torch.randn(5, 3, 8), torch.randn(4, 3, 8)"

_ATTENTION = [
    ("MultiheadAttention(8, 2)", _QUERY), ("MultiheadAttention(8, 2)", f"{_QUERY}, need_weights=False"),
    ("MultiheadAttention(8, 2)", f"{_QUERY}, average_attn_weights=False"),
    ("MultiheadAttention(8, 2, dropout=0.3, bias=False)", _QUERY), ("MultiheadAttention(8, 2, add_bias_kv=True)", _QUERY),
    ("MultiheadAttention(8, 2, add_zero_attn=True)", _QUERY), ("MultiheadAttention(8, 2)", "torch.randn(5, 8), torch.randn(4, 8), torch.randn(4, 8)"),
    ("MultiheadAttention(8, 2, kdim=6, vdim=4)", "torch.randn(5, 3, 8), torch.randn(4, 3, 6), torch.randn(4, 3, 4)"),
    ("MultiheadAttention(8, 2, batch_first=True)", "torch.randn(3, 5, 8), torch.randn(3, 4, 8), torch.randn(3, 4, 8)"),
    ("MultiheadAttention(8, 2, batch_first=True)",
     f"torch.randn(3, 5, 8), torch.randn(3, 5, 8), torch.randn(3, 5, 8), attn_mask={_MASK}, need_weights=False"),
    ("MultiheadAttention(8, 2)", f"{_QUERY}, key_padding_mask=torch.tensor([[False, True, False, True]] * 3)"),
    ("TransformerEncoderLayer(8, 2, 16)", _SEQUENCES), ("TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True)", _BATCH),
    ("TransformerEncoderLayer(8, 2, 16, norm_first=True, activation='gelu')", _SEQUENCES),
    ("TransformerEncoderLayer(8, 2, 16, bias=False, dropout=0.2)", _SEQUENCES),
    ("TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, activation=nn.functional.gelu)", _SEQUENCES),
    ("TransformerEncoderLayer(8, 2, 16, batch_first=True)", f"{_BATCH}, {_MASK}"),
    ("TransformerEncoderLayer(8, 2, 16, batch_first=True)", f"{_BATCH}, src_key_padding_mask=torch.tensor([[False, False, False, True, True]] * 3)"),
    ("TransformerDecoderLayer(8, 2, 16)", _MEMORY), ("TransformerDecoderLayer(8, 2, 16, norm_first=True, activation='gelu')", _MEMORY),
    ("TransformerDecoderLayer(8, 2, 16, dropout=0.0)", f"{_MEMORY}, tgt_mask={_MASK}"),
    ("TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)", _BATCH),
    ("TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), num_layers=2, norm=nn.LayerNorm(8))", f"{_SEQUENCES}, mask={_MASK}"),
    ("TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)",
     f"{_BATCH}, src_key_padding_mask=torch.tensor([[False, False, False, True, True]] * 3)"),
    ("TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), 2)", _MEMORY),
    ("TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), num_layers=2, norm=nn.LayerNorm(8))", f"{_MEMORY}, tgt_mask={_MASK}"),
    ("Transformer(8, 2, 1, 1, 16)", _MEMORY),
    ("Transformer(d_model=8, nhead=2, num_encoder_layers=2, num_decoder_layers=2, dim_feedforward=16, batch_first=True)",
     "torch.randn(3, 4, 8), torch.randn(3, 5, 8)"),
]  # fmt: skip

_LAZY = [
    ("LazyLinear(4)", _ROWS), ("LazyConv2d(4, 3)", _IMAGE), ("LazyBatchNorm2d()", _IMAGE), ("LazyConvTranspose1d(3, 2)", _SIGNAL),
]  # fmt: skip

#: Constructions of a class of `torch.nn`, and the arguments of a call.
VARIANTS: tuple[tuple[str, str], ...] = (
    *_DROPOUT, *_LAYERS, *_NORMS, *_POOLS, *_PADS, *_LOSSES, *_ACTIVATIONS, *_RECURRENT, *_ATTENTION, *_LAZY,
)  # fmt: skip
