"""`python -m py2cpp_autograd`: the command line."""

from __future__ import annotations

from py2cpp_autograd.cli import main

main()
