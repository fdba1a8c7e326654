"""The named exceptions: what the data of a row cannot say. One module per hook; this is the list of them."""

from __future__ import annotations

from py2cpp_autograd.backend.hooks.item import item
from py2cpp_autograd.backend.hooks.load import load
from py2cpp_autograd.backend.hooks.named_part import modules_by_name, named_part
from py2cpp_autograd.backend.hooks.needs_input_grad import needs_input_grad
from py2cpp_autograd.backend.hooks.saved_tensors import save_for_backward, saved_tensors
from py2cpp_autograd.backend.hooks.slot import slot
from py2cpp_autograd.backend.hooks.tensor_literal import new_tensor, tensor_literal
from py2cpp_autograd.backend.hooks.transform import transform
from py2cpp_autograd.backend.select.context import Hook

HOOKS: dict[str, Hook] = {
    "item": item,
    "load": load,
    "new_tensor": new_tensor,
    "modules_by_name": modules_by_name,
    "named_part": named_part,
    "needs_input_grad": needs_input_grad,
    "save_for_backward": save_for_backward,
    "saved_tensors": saved_tensors,
    "slot": slot,
    "tensor_literal": tensor_literal,
    "transform": transform,
}
