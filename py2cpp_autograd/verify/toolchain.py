"""The machine's C++ compiler and LibTorch, found without importing torch."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from py2cpp_autograd.installed import data_root
from py2cpp_autograd.verify.errors import ToolchainError

#: The variables of the environment that tell compilers where to look.
_HEEDED = ("CPATH", "CPLUS_INCLUDE_PATH", "COMPILER_PATH", "GCC_EXEC_PREFIX", "LIBRARY_PATH")


@dataclass(frozen=True)
class Toolchain:
    """A compiler, a LibTorch and the flags that bring them together."""

    compiler: str
    version: str
    torch_root: Path
    torch_version: str
    standard: str = "c++17"

    @property
    def torch_flags(self) -> list[str]:
        """Flags of every compilation: no optimisation, no contraction of a * b + c, LibTorch's headers.

        LibTorch's own warnings are not the program's.
        """
        include = self.torch_root / "include"
        return [
            f"-std={self.standard}",
            "-O0",
            "-fPIC",
            "-ffp-contract=off",
            f"-D_GLIBCXX_USE_CXX11_ABI={strings_abi(self.torch_root)}",
            "-Wno-return-type",
            "-isystem",
            str(include),
            "-isystem",
            str(include / "torch/csrc/api/include"),
        ]

    @property
    def compile_flags(self) -> list[str]:
        """Flags of what uses the runtime's headers, too."""
        return [f"-I{harness_root() / 'include'}", *self.torch_flags]

    @property
    def link_flags(self) -> list[str]:
        """Flags that link with LibTorch and find it again at run time."""
        library = self.torch_root / "lib"
        return [f"-L{library}", f"-Wl,-rpath,{library}", "-ltorch", "-ltorch_cpu", "-lc10"]

    @property
    def linker_flags(self) -> list[str]:
        """The flag that chooses a faster linker than the system's, where there is one that the compiler can call."""
        is_gcc_of_old = re.search(r"(?:g\+\+|gcc)\S* .*?\b(?:[1-9]|1[01])\.\d+\.\d+", self.version) is not None
        for name, program in (("mold", "ld.mold"), ("lld", "ld.lld")):
            if shutil.which(program) and not is_gcc_of_old:
                return [f"-fuse-ld={name}"]
        return []

    @property
    def torch_library(self) -> Path:
        """The library that brings all of LibTorch along."""
        return self.torch_root / "lib" / ("libtorch.dylib" if sys.platform == "darwin" else "libtorch.so")

    @property
    def torch_identity(self) -> str:
        """What LibTorch's precompiled header depends on: nothing of this package, so that it outlives our changes."""
        heeded = [f"{name}={os.environ[name]}" for name in _HEEDED if name in os.environ]
        known = (self.compiler, self.version, self.torch_version, platform.machine())
        return _digest(*known, *self.torch_flags, *heeded)

    @property
    def identity(self) -> str:
        """What a compiled program depends on besides its own text."""
        return _digest(self.torch_identity, headers_digest())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def harness_root() -> Path:
    """The folder of the runtime's headers and sources."""
    return data_root() / "cpp_harness"


@lru_cache(maxsize=1)
def headers_digest() -> str:
    """A digest of the runtime's headers and sources."""
    digest = hashlib.sha256()
    for path in sorted(harness_root().rglob("*")):
        if path.suffix in {".h", ".cpp"} and "tests" not in path.parts:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def find_torch() -> tuple[Path, str]:
    """The folder of the installed torch, and what tells it from others. Raises ToolchainError."""
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        raise ToolchainError("torch is not installed; install it with: pip install 'py2cpp-autograd[verify]'")
    root = Path(next(iter(spec.submodule_search_locations)))
    if not (root / "include/torch/csrc/api/include/torch/torch.h").is_file():
        raise ToolchainError(f"the torch at {root} has no C++ headers; install the wheel of torch from PyPI")
    return root, f"{torch_build(root)} {_stamp(root / 'lib/libtorch_cpu.so')}".rstrip()


def torch_build(root: Path) -> str:
    """The version of a torch, and the commit that it was built from, without importing it."""
    try:
        text = (root / "version.py").read_text("utf-8")
    except OSError:
        return "unknown"
    found = re.findall(r"^(?:__version__|git_version) = '([^']*)'", text, re.MULTILINE)
    return " ".join(found) or "unknown"


def _stamp(path: Path) -> str:
    """The size and the time of a file: a torch that somebody builds again has the version that it had."""
    try:
        known = path.stat()
    except OSError:
        return ""
    return f"{known.st_size}.{known.st_mtime_ns}"


@lru_cache(maxsize=8)
def strings_abi(torch_root: Path) -> int:
    """The ABI of std::string that LibTorch was built with: 0 in wheels up to 2.5, 1 since.

    Wheels of the old ABI say so in their CMake configuration.
    """
    try:
        text = (torch_root / "share/cmake/Torch/TorchConfig.cmake").read_text("utf-8")
    except OSError:
        return 1
    return 0 if "_GLIBCXX_USE_CXX11_ABI=0" in text else 1


def find_compiler(wanted: str | None = None) -> str:
    """The C++ compiler: the wanted one, $CXX, g++ or clang++. Raises ToolchainError."""
    names = [wanted] if wanted else [os.environ.get("CXX"), "g++", "clang++", "c++"]
    for name in names:
        found = shutil.which(name) if name else None
        if found is not None:
            return found
    shown = wanted or "g++ or clang++"
    raise ToolchainError(f"no C++ compiler ({shown}); on Debian and Ubuntu: sudo apt-get install g++")


@lru_cache(maxsize=8)
def _version(compiler: str) -> str:
    done = subprocess.run([compiler, "--version"], capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        raise ToolchainError(f"{compiler} does not run: {done.stderr.strip()[:200]}")
    return done.stdout.partition("\n")[0]


def find_toolchain(compiler: str | None = None, standard: str = "c++17") -> Toolchain:
    """Everything that building needs. Raises ToolchainError, whose message says what to install."""
    root, version = find_torch()
    found = find_compiler(compiler)
    return Toolchain(found, _version(found), root, version, standard)


def python_executable() -> str:
    """The Python that runs the Python side: this one."""
    return sys.executable
