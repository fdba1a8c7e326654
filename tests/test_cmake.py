"""The CMake project: it builds, tests and installs the runtime, and other projects can use it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from py2cpp_autograd.verify.toolchain import find_torch

pytestmark = pytest.mark.build

ROOT = Path(__file__).parents[1]
PROGRAM = """\
#include <py2cpp/number.h>

#include <iostream>

int main() { std::cout << py2cpp::floor_div(int64_t{-7}, int64_t{2}) << "\\n"; }
"""
FOUND = "find_package(py2cpp 0.1 REQUIRED)"
FETCHED = f"""\
include(FetchContent)
FetchContent_Declare(py2cpp SOURCE_DIR "{ROOT.as_posix()}")
FetchContent_MakeAvailable(py2cpp)"""


def tool(name: str) -> str:
    """A program of the virtual environment, or of the machine."""
    found = shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        pytest.fail(f"no {name}: pip install 'py2cpp-autograd[verify]'")
    return found


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def configure(source: Path, build: Path, *options: str) -> subprocess.CompletedProcess[str]:
    generator = ("-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={tool('ninja')}")
    return run(tool("cmake"), "-S", source, "-B", build, *generator, f"-DPython3_EXECUTABLE={sys.executable}", *options)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build folder of the whole project."""
    folder = tmp_path_factory.mktemp("cmake")
    done = configure(ROOT, folder, "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON", "-DCMAKE_CXX_FLAGS=-O0")
    assert done.returncode == 0, done.stdout
    done = run(tool("cmake"), "--build", folder, "--parallel", "2")
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="module")
def prefix(built: Path) -> Path:
    """The folder that the project is installed in."""
    done = run(tool("cmake"), "--install", built, "--prefix", built / "prefix")
    assert done.returncode == 0, done.stdout
    return built / "prefix"


def consumer(folder: Path, how: str) -> Path:
    """A project that uses the runtime's headers."""
    lines = [
        "cmake_minimum_required(VERSION 3.25)",
        "project(consumer LANGUAGES CXX)",
        how,
        "add_executable(program program.cpp)",
        "target_link_libraries(program PRIVATE py2cpp::py2cpp)",
    ]
    (folder / "CMakeLists.txt").write_text("\n".join(lines) + "\n")
    (folder / "program.cpp").write_text(PROGRAM)
    return folder


def test_ctest_passes(built: Path) -> None:
    done = run(tool("ctest"), "--test-dir", built, "--output-on-failure", "--no-tests=error")
    assert done.returncode == 0, done.stdout


def test_install_holds_headers_recorders_and_package(prefix: Path) -> None:
    names = {path.name for path in prefix.rglob("*") if path.is_file()}
    assert {path.name for path in (ROOT / "cpp_harness/include/py2cpp").glob("*.h")} <= names
    assert {"py2cppConfig.cmake", "py2cppTargets.cmake", "py2cppTorch.cmake"} <= names
    assert any(name.startswith("libpy2cpp_probe.") for name in names)


@pytest.mark.parametrize("how", [pytest.param(FOUND, id="find_package"), pytest.param(FETCHED, id="FetchContent")])
def test_other_projects_use_the_headers(prefix: Path, tmp_path: Path, how: str) -> None:
    build = tmp_path / "build"
    done = configure(consumer(tmp_path, how), build, f"-DCMAKE_PREFIX_PATH={prefix}")
    assert done.returncode == 0, done.stdout
    done = run(tool("cmake"), "--build", build)
    assert done.returncode == 0, done.stdout
    assert run(build / "program").stdout == "-4\n"
    assert not list(build.rglob("*py2cpp_probe*.o")), "what nobody links was built"


def test_torch_root_is_an_option(tmp_path: Path) -> None:
    root, _ = find_torch()
    done = configure(ROOT, tmp_path / "there", f"-DPY2CPP_TORCH_ROOT={root}", "-DPY2CPP_BUILD_TESTING=OFF")
    assert done.returncode == 0 and f" at {root}" in done.stdout, done.stdout
    done = configure(ROOT, tmp_path / "missing", f"-DPY2CPP_TORCH_ROOT={tmp_path}")
    assert done.returncode != 0 and "no LibTorch at" in done.stdout, done.stdout


def test_package_refuses_another_torch(prefix: Path, tmp_path: Path) -> None:
    root = fake_torch(tmp_path / "torch")
    options = (f"-DCMAKE_PREFIX_PATH={prefix}", f"-DPY2CPP_TORCH_ROOT={root}")
    done = configure(consumer(tmp_path, FOUND), tmp_path / "build", *options)
    assert done.returncode != 0 and f"{root} is 1.0.0" in " ".join(done.stdout.split()), done.stdout


def fake_torch(root: Path) -> Path:
    """The files of a wheel of torch 1.0.0 that is built with CUDA and the old ABI."""
    package = "share/cmake/Torch"
    texts = {
        "include/torch/csrc/api/include/torch/torch.h": "",
        f"{package}/TorchConfigVersion.cmake": 'set(PACKAGE_VERSION "1.0.0")\n',
        f"{package}/TorchConfig.cmake": 'set(TORCH_CXX_FLAGS "-D_GLIBCXX_USE_CXX11_ABI=0")\n',
        **dict.fromkeys([f"lib/lib{name}.so" for name in ("torch", "torch_cpu", "torch_cuda", "c10")], ""),
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
