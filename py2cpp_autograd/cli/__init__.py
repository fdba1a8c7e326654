"""The command `py2cpp-autograd`: a thin shell over the library; each subcommand is a module, imported when it runs.

Exit status: 0 = done, 1 = refused or different, 2 = usage, configuration, I/O, toolchain or internal error.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys

import click

from py2cpp_autograd import __version__

#: Subcommand -> the one line that `--help` shows. The module of the same name has a `command`.
_COMMANDS = {
    "translate": "Translate a Python file to C++.",
    "verify": "Build the C++, run both sides and compare every value and gradient.",
    "check": "Verify the programs of a project that changed (for CI).",
    "watch": "Verify files whenever they are saved.",
    "lint-cpp": "Find mistakes in C++ by hand that compilers accept.",
    "demo": "Show the whole way on an embedded example.",
    "explain": "Show the page of a diagnostic code or of a PyTorch name.",
    "coverage": "Count what of torch is mapped, refused and unknown.",
    "cache": "Show what builds and verdicts are kept, or remove them.",
    "doctor": "Check this machine and say how to fix it.",
}


#: New objects before a look for garbage: trees and tables stay until the end, and looks at them find nothing.
_GARBAGE = 200_000


class _Commands(click.Group):
    """A group that imports a subcommand only to run it, and turns bugs of ours into PCA699."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the subcommands, in the order of the documentation."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand called `cmd_name`, imported now."""
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"py2cpp_autograd.cli.{cmd_name.replace('-', '_')}_command").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run a subcommand; an unexpected exception becomes PCA699 and exit status 2."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if os.environ.get("PY2CPP_DEBUG") == "1":
                raise
            _report_bug(error)
            ctx.exit(2)


def _report_bug(error: Exception) -> None:
    from py2cpp_autograd.diagnostics import CODES

    row = CODES["PCA699"]
    click.echo(f"error[{row.code}] {row.summary}\n  {type(error).__name__}: {error}", err=True)
    click.echo(f"  = help: {row.help}; PY2CPP_DEBUG=1 shows the traceback", err=True)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="py2cpp-autograd")
def cli() -> None:
    """Translate Python autograd programs to LibTorch C++, and prove that both compute the same gradients."""


def main() -> None:
    """The console script."""
    gc.set_threshold(_GARBAGE)
    try:
        cli(prog_name="py2cpp-autograd")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
