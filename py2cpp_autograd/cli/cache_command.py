"""`py2cpp-autograd cache`: what builds and verdicts are kept on this machine, and how to be rid of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from py2cpp_autograd.cli.terminal import print_text
from py2cpp_autograd.verify.cache import cache_root, lock


@click.command()
@click.option("--info", "info", is_flag=True, help="Show what is kept, the default.")
@click.option("--clean", "clean", is_flag=True, help="Remove everything; the next run builds it anew.")
def command(info: bool, clean: bool) -> None:
    """Show what builds and verdicts are kept, or remove them. Exit status: 0, or 2 if a file cannot be removed."""
    root = cache_root()
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    if info or not clean:
        print_text(_table(root, folders))
    if clean:
        for folder in folders:
            with lock(root, folder.name):
                shutil.rmtree(folder)
        print_text(f"removed {len(folders)} entries of {root}\n")


def _table(root: Path, folders: list[Path]) -> str:
    """Sizes by kind: the headers, the runtime, programs, remembered matches."""
    kinds: dict[str, list[int]] = {}
    for folder in folders:
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        kinds.setdefault(folder.name.partition("-")[0], []).append(size)
    lines = [f"{kind:10} {len(sizes):5} {sum(sizes) / 1e6:10.1f} MB\n" for kind, sizes in sorted(kinds.items())]
    return f"{root}\n{''.join(lines)}"
