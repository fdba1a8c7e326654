"""`py2cpp-autograd lint-cpp FILE...`: mistakes in C++ by hand that compilers accept."""

from __future__ import annotations

import sys

import click

from py2cpp_autograd.cli.terminal import print_text, read_bytes
from py2cpp_autograd.verify.lint_cpp import slips


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def command(files: tuple[str, ...]) -> None:
    """Find mistakes in C++ by hand that compilers accept; `explain PCA603` and the next codes say which.

    Exit status: 0 = none found; 1 = some; 2 = usage, or a file that cannot be read.
    """
    found = False
    for path in files:
        for slip in slips(read_bytes(path).decode("utf-8", "replace")):
            found = True
            print_text(f"{path}:{slip.line}:{slip.column + 1}: warning[{slip.code}]: {slip.message}\n")
    sys.exit(int(found))
