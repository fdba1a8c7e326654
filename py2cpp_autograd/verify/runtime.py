"""What all programs of a machine share: headers to compile against, the library of recorders, and the host process.

A machine's first program does not wait for them: it is compiled against LibTorch's headers as they are, recorders and
all in one translation unit, and a process in the background prepares the rest.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from py2cpp_autograd.verify.cache import entry, is_locked
from py2cpp_autograd.verify.compiler import must_run
from py2cpp_autograd.verify.lean import AS_THEY_ARE, Headers, full_headers, headers_for, lean_name, ready_headers
from py2cpp_autograd.verify.toolchain import Toolchain, find_toolchain, harness_root

_RECORDERS = "libpy2cpp_probe.so"


@dataclass(frozen=True)
class Runtime:
    """The compiled parts that programs share. Without `recorders`, each library of programs has its own.

    What is linked `loosely` finds LibTorch in the process that loads it: a linker that looks for every name among all
    of LibTorch's takes half as long as the compiler.
    """

    headers: Headers
    host: Path
    recorders: Path | None = None
    loosely: bool = sys.platform == "linux"

    @property
    def is_makeshift(self) -> bool:
        """Whether it stands in for the one that is still to be prepared."""
        return self.recorders is None

    @property
    def name(self) -> str:
        """What tells it from others of the same machine."""
        return f"{self.headers.name}{'-makeshift' * self.is_makeshift}{'-loose' * self.loosely}"

    @property
    def compile_flags(self) -> list[str]:
        """Flags of what is compiled with it."""
        return [*self.headers.compile_flags, f"-I{harness_root() / 'src'}"]

    def program_link_flags(self, toolchain: Toolchain) -> list[str]:
        """Flags of what is linked with it."""
        if self.loosely and not self.is_makeshift:
            return [*toolchain.linker_flags]
        own: list[str] = []
        if self.recorders is not None:
            folder = self.recorders.parent
            own = [f"-L{folder}", f"-Wl,-rpath,{folder}", "-lpy2cpp_probe"]
        return [*own, *self.headers.link_flags, *toolchain.link_flags, "-Wl,-z,defs"]

    def preloaded(self, toolchain: Toolchain) -> Path:
        """The library that the host loads, with all that it needs, before any program comes."""
        return self.recorders or toolchain.torch_library


def runtime(toolchain: Toolchain, root: Path, full: bool = False) -> Runtime:
    """The runtime for many programs, built where it is not in the cache. Raises BuildError."""
    headers = full_headers(toolchain, root) if full else headers_for(toolchain, root)
    return Runtime(headers, _host(toolchain, root), _recorders(toolchain, root, headers))


def runtime_at_hand(toolchain: Toolchain, root: Path) -> Runtime:
    """The runtime for a few programs: what is prepared, and if nothing is, LibTorch's headers as they are."""
    if ready_headers(toolchain, root):
        return runtime(toolchain, root)
    return Runtime(AS_THEY_ARE, _host(toolchain, root))


def _host(toolchain: Toolchain, root: Path) -> Path:
    """The program that runs others: plain C++, which loads LibTorch when it starts."""

    def build(folder: Path) -> None:
        source = str(harness_root() / "src/host.cpp")
        must_run([toolchain.compiler, f"-std={toolchain.standard}", "-O0", source, "-o", str(folder / "host"), "-ldl"])

    return entry(root, f"host-{toolchain.identity}", build) / "host"


def _recorders(toolchain: Toolchain, root: Path, headers: Headers) -> Path:
    """The library of the recorders."""

    def build(folder: Path) -> None:
        command = [toolchain.compiler, *headers.compile_flags, *toolchain.compile_flags, "-shared"]
        links = [*headers.link_flags, *toolchain.link_flags, "-Wl,-z,defs"]
        must_run([*command, str(harness_root() / "src/probe.cpp"), "-o", str(folder / _RECORDERS), *links])

    digest = hashlib.sha256(f"{toolchain.identity}{headers.name}".encode()).hexdigest()[:24]
    return entry(root, f"runtime-{digest}", build) / _RECORDERS


def prepare_in_background(toolchain: Toolchain, root: Path) -> None:
    """Start a process of low priority, which outlives this one, that builds the runtime; if none is at it already."""
    if is_locked(root, lean_name(toolchain)):
        return
    module = "py2cpp_autograd.verify.runtime"
    command = [sys.executable, "-m", module, str(root), toolchain.compiler, toolchain.standard]
    package = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH", "")) if part)
    nothing = subprocess.DEVNULL
    environment = {**os.environ, "PYTHONPATH": path}
    process = subprocess.Popen(
        command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True, env=environment, cwd=root
    )
    process.returncode = 0  # nobody waits for it


def main() -> None:
    """The process in the background: builds the runtime in the cache that is named, unless that is gone meanwhile."""
    root, compiler, standard = sys.argv[1:]
    os.nice(10)
    if Path(root).is_dir():
        runtime(find_toolchain(compiler, standard), Path(root))


if __name__ == "__main__":
    main()
