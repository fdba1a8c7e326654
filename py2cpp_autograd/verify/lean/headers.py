"""Builds precompiled headers: LibTorch's as they are, and lean ones with the library of what is left out of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from py2cpp_autograd.verify.cache import entry, is_whole
from py2cpp_autograd.verify.compiler import must_run, run
from py2cpp_autograd.verify.errors import BuildError
from py2cpp_autograd.verify.lean import texts
from py2cpp_autograd.verify.lean.declarations import DeclarationError, bodies, with_bodies_emitted, without_bodies
from py2cpp_autograd.verify.toolchain import Toolchain

#: In an entry of the cache for which no lean headers can be made: the reason.
_FAILED = "failed"
#: To be changed with how an entry is built here: what is in the cache is then built anew.
_BUILD = b"2"
_LIBRARY = "libpy2cpp_inline.so"


@dataclass(frozen=True)
class Headers:
    """A precompiled header: the flags that use it in a compilation, those that link what goes with it, its folder."""

    name: str
    compile_flags: tuple[str, ...]
    link_flags: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def lean(self) -> bool:
        """Whether these are not all of LibTorch's headers."""
        return bool(self.link_flags)


#: LibTorch's headers, compiled anew each time: for the rare program that the lean ones do not do for.
AS_THEY_ARE = Headers("plain", ())


def headers_for(toolchain: Toolchain, root: Path) -> Headers:
    """The lean headers, or the full ones where no lean ones can be made. Raises BuildError."""
    return lean_headers(toolchain, root) or full_headers(toolchain, root)


def full_headers(toolchain: Toolchain, root: Path) -> Headers:
    """`<torch/torch.h>`, precompiled. Raises BuildError."""

    def build(folder: Path) -> None:
        (folder / "precompiled.h").write_text("#include <torch/torch.h>\n\n#include <iostream>\n", "utf-8")
        _precompile(toolchain, folder / "precompiled.h")

    name = _full_name(toolchain)
    folder = entry(root, name, build)
    return Headers(name, ("-include", str(folder / "precompiled.h")), (), folder)


def _precompile(toolchain: Toolchain, header: Path) -> None:
    must_run([toolchain.compiler, *toolchain.torch_flags, "-x", "c++-header", str(header), "-o", f"{header}.gch"])


def lean_headers(toolchain: Toolchain, root: Path) -> Headers | None:
    """The lean headers; None where they cannot be made from this LibTorch with this compiler."""

    def build(folder: Path) -> None:
        try:
            _build(toolchain, folder)
        except (BuildError, DeclarationError) as error:
            if "error: " not in str(error) and isinstance(error, BuildError):
                raise  # the machine's trouble: it may be over next time
            (folder / _FAILED).write_text(str(error), "utf-8")

    name = lean_name(toolchain)
    folder = entry(root, name, build)
    if (folder / _FAILED).exists():
        return None
    flags = (f"-I{folder}/shadow", "-include", str(folder / "lean.h"))
    return Headers(name, flags, (f"-L{folder}", f"-Wl,-rpath,{folder}", "-lpy2cpp_inline"), folder)


def lean_name(toolchain: Toolchain) -> str:
    """What the entry of the lean headers is called in the cache."""
    return f"lean-{toolchain.torch_identity}-{_digest_of_maker()}"


def ready_headers(toolchain: Toolchain, root: Path) -> bool:
    """Whether `headers_for` would not have to build anything."""
    folder = root / lean_name(toolchain)
    return is_whole(folder) and (not (folder / _FAILED).exists() or is_whole(root / _full_name(toolchain)))


def _full_name(toolchain: Toolchain) -> str:
    return f"headers-{toolchain.torch_identity}"


@lru_cache(maxsize=1)
def _digest_of_maker() -> str:
    """What the lean headers depend on besides LibTorch: how they are made."""
    sources = [Path(__file__).with_name(name).read_bytes() for name in ("declarations.py", "texts.py")]
    return sha256(b"\0".join([_BUILD, *sources])).hexdigest()[:16]


def _build(toolchain: Toolchain, folder: Path) -> None:
    """Fill a folder with the header, its library, and empty files that stand for the headers that it holds."""
    include = toolchain.torch_root / "include"
    source = folder / "entry.h"
    source.write_text(texts.entry(include / "torch/csrc/api/include"), "utf-8")
    text = texts.without_internals(_preprocessed(toolchain, source))
    lean, emitted = map(texts.without_nesting, _halves(text, f"{include}/"))
    (folder / "lean.h").write_text(lean + _macros(toolchain, source), "utf-8", "surrogateescape")
    (folder / "bodies.cpp").write_text(emitted, "utf-8", "surrogateescape")
    _write_shadow(folder / "shadow", texts.files(text, f"{include}/"))
    with ThreadPoolExecutor(2) as pool:
        library = pool.submit(_build_library, toolchain, folder)
        _precompile(toolchain, folder / "lean.h")
        library.result()
    (folder / "bodies.cpp").unlink()


def _halves(text: str, include: str) -> tuple[str, str]:
    """The header without bodies, and the source of the library that has them."""
    torch, others = texts.set_aside(text, include)
    found = bodies(torch)
    lean = texts.without_operators(texts.put_back(without_bodies(torch, found), others))
    return lean, texts.put_back(with_bodies_emitted(torch, found), others)


def _preprocessed(toolchain: Toolchain, source: Path, *flags: str) -> str:
    """A header as the preprocessor gives it."""
    output = source.with_suffix(".ii")
    command = [toolchain.compiler, *toolchain.torch_flags, "-x", "c++-header", "-E", *flags, str(source)]
    must_run([*command, "-o", str(output)])
    text = output.read_text("utf-8", errors="surrogateescape")
    output.unlink()
    return text


def _macros(toolchain: Toolchain, source: Path) -> str:
    """The macros that are defined behind the headers, in their own words; those of the compiler are there anyway."""
    nothing = source.with_name("nothing.h")
    nothing.touch()
    predefined = set(_preprocessed(toolchain, nothing, "-dM").splitlines())
    nothing.unlink()
    macros = _preprocessed(toolchain, source, "-dM").splitlines()
    return "".join(f"{line}\n" for line in macros if line not in predefined)


def _write_shadow(folder: Path, names: Iterable[str]) -> None:
    """Empty files that are found first when a program includes what the lean header holds already."""
    api = "torch/csrc/api/include/"
    present = {name for name in names if not texts.is_left_out(name)}
    for name in {*present, *(name.removeprefix(api) for name in present), "torch/torch.h", "torch/all.h"}:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _build_library(toolchain: Toolchain, folder: Path) -> None:
    """The library of the bodies. What they call that LibTorch keeps to itself is left undefined: as it is anyway."""
    compiler, output = toolchain.compiler, folder / _LIBRARY
    unit = folder / "bodies.o"
    # Programs ask for each kind of constructor, of which clang would keep one.
    kept = ["-Xclang", "-mno-constructor-aliases"] if "clang" in toolchain.version else []
    must_run([compiler, *toolchain.torch_flags, *kept, "-w", "-c", str(folder / "bodies.cpp"), "-o", str(unit)])
    link = [compiler, "-shared", str(unit), "-o", str(output), *toolchain.link_flags, "-Wl,-z,defs,--no-demangle"]
    missing = set(re.findall(r"undefined reference to `([^'@]+)'", run(link).errors))
    must_run([*link, *(f"-Wl,--defsym={name}=0" for name in sorted(missing))])
    unit.unlink()
