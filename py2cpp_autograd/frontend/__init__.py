"""Python text to typed IR: parse, then lower (names, types and API rows settled). The only importer of libcst."""

from py2cpp_autograd.frontend.parse import Source, parse

__all__ = ["Source", "parse"]
