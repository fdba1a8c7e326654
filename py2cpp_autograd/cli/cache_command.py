"""`py2cpp-autograd cache`: what builds and verdicts are kept on this machine; to remove it, or to prepare it."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from py2cpp_autograd.cli.terminal import print_text
from py2cpp_autograd.cli.verdicts import needing_a_toolchain
from py2cpp_autograd.verify.cache import cache_root, lock
from py2cpp_autograd.verify.runtime import runtime
from py2cpp_autograd.verify.toolchain import find_toolchain


@click.command()
@click.option("--info", "info", is_flag=True, help="Show what is kept, the default.")
@click.option("--clean", "clean", is_flag=True, help="Remove everything; the next run builds it anew.")
@click.option("--prepare", "prepare", is_flag=True, help="Build what all programs share now, not beside later work.")
def command(info: bool, clean: bool, prepare: bool) -> None:
    """Show what builds and verdicts are kept, remove them, or prepare the machine. Exit status: 0, or 2 on failure."""
    root = cache_root()
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    if info or not (clean or prepare):
        print_text(_table(root, folders))
    if clean:
        for folder in folders:
            with lock(root, folder.name):
                shutil.rmtree(folder)
        print_text(f"removed {len(folders)} entries of {root}\n")
    if prepare:
        with needing_a_toolchain():
            runtime(find_toolchain(), root)
        print_text(f"prepared: {root}\n")


def _table(root: Path, folders: list[Path]) -> str:
    """Sizes by kind: the headers, the runtime, programs, remembered matches."""
    kinds: dict[str, list[int]] = {}
    for folder in folders:
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        kinds.setdefault(folder.name.partition("-")[0], []).append(size)
    lines = [f"{kind:10} {len(sizes):5} {sum(sizes) / 1e6:10.1f} MB\n" for kind, sizes in sorted(kinds.items())]
    return f"{root}\n{''.join(lines)}"
