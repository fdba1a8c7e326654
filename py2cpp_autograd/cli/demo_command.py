"""`py2cpp-autograd demo`: the whole way on an embedded example, then the mistake that verification is for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from py2cpp_autograd.cli.terminal import color_option, print_text, use_color
from py2cpp_autograd.cli.verdicts import needing_a_toolchain
from py2cpp_autograd.diagnostics_text import paint
from py2cpp_autograd.translate import translate
from py2cpp_autograd.verify import Program, verify_programs
from py2cpp_autograd.verify.report import Results
from py2cpp_autograd.verify.report.as_text import as_text

_FOLDER = Path(__file__).parents[1] / "demo"
_NAME = "gradient_penalty.py"
_MISTAKE = "tutorial_mistake.cpp"


@click.command()
@color_option
def command(color: str) -> None:
    """Translate and verify an embedded example, then the same program by hand with a mistake.

    Exit status: 0 = the translation matches and the mistake is found; 1 = not so; 2 = no compiler or torch.
    """
    colored = use_color(color, sys.stdout)
    source = (_FOLDER / _NAME).read_text("utf-8")
    mistake = (_FOLDER / _MISTAKE).read_text("utf-8")
    _show(f"The Python program, {_NAME}", source, colored)
    _show("Its C++, as `py2cpp-autograd translate` writes it", translate(source, filename=_NAME).cpp, colored)
    _show("Both are built and run now; this takes some seconds", "", colored)
    with needing_a_toolchain():
        good, bad = verify_programs([Program(_NAME, source), Program(_NAME, source, mistake)])
    sources = {_NAME: source}
    _show(f"`py2cpp-autograd verify {_NAME}`", as_text(Results([good], sources), colored), colored)
    _show("By hand, with the mistake of PyTorch's C++ autograd tutorial", "\n".join(_calls(mistake)) + "\n", colored)
    command_line = f"`py2cpp-autograd verify {_NAME} --cpp {_MISTAKE}`"
    _show(command_line, as_text(Results([bad], sources), colored), colored)
    sys.exit(int(good.status != "match" or bad.status != "mismatch"))


def _show(title: str, text: str, color: bool) -> None:
    print_text(f"{paint(f'== {title} ==', 'bold', color)}\n\n" + (f"{text}\n" if text else ""))


def _calls(mistake: str) -> Iterator[str]:
    """What the file says of itself, and the line that is wrong."""
    for line in mistake.splitlines():
        if line.startswith("//") or "autograd::grad(" in line:
            yield line.strip()
