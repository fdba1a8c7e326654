"""Typed IR to C++ text: order of evaluation made explicit, rows filled, declarations placed, printed once."""

from py2cpp_autograd.backend.unit import Output, generate

__all__ = ["Output", "generate"]
