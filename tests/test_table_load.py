"""Loading: the cache, hand rows over generated ones, aliases, attributes, where the data is."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from py2cpp_autograd import installed
from py2cpp_autograd.installed import data_root
from py2cpp_autograd.table import load
from py2cpp_autograd.table.load import Table, load_table
from py2cpp_autograd.table.row import RowError
from py2cpp_autograd.types import INT, TENSOR, ApiType, ListType, StrType, Type

ROWS = """
["torch.f"]
sig = "(x: Tensor) -> Tensor"
cpp = "torch::f(x)"

["torch.g"]
alias = "torch.f"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rows = tmp_path / "mappings"
    (rows / "aten").mkdir(parents=True)
    (rows / "f.toml").write_text(ROWS)
    return rows


def fresh(folder: Path) -> Table:
    """The table of a folder, as a new process would load it."""
    load._loaded.pop(folder, None)
    return load_table(folder)


def caches(folder: Path) -> list[Path]:
    return sorted((folder.parent / "cache" / "py2cpp-autograd").iterdir())


def test_aliases_are_followed(folder: Path) -> None:
    row = fresh(folder).find("torch.g")
    assert row is not None
    assert row.key == "torch.f"


def test_circular_aliases_are_an_error(folder: Path) -> None:
    (folder / "f.toml").write_text('["torch.a"]\nalias = "torch.b"\n["torch.b"]\nalias = "torch.a"\n')
    with pytest.raises(RowError, match="circle"):
        fresh(folder).find("torch.a")


def test_rows_by_hand_win(folder: Path) -> None:
    (folder / "aten" / "f.toml").write_text('["torch.f"]\nvalue = "generated"\n["torch.h"]\nvalue = "h"\n')
    table = fresh(folder)
    row, other = table.find("torch.f"), table.find("torch.h")
    assert row is not None
    assert row.variants[0].kind == "cpp"
    assert other is not None


def test_a_key_in_two_files_is_an_error(folder: Path) -> None:
    (folder / "g.toml").write_text('["torch.f"]\nvalue = "x"\n')
    with pytest.raises(RowError, match=r'g\.toml: \["torch\.f"\] stands in f\.toml too'):
        fresh(folder)


def test_broken_toml_names_the_file(folder: Path) -> None:
    (folder / "g.toml").write_text("[")
    with pytest.raises(RowError, match=r"g\.toml"):
        fresh(folder)


def test_the_cache_gives_the_same_rows(folder: Path) -> None:
    first = list(fresh(folder).rows())
    assert len(caches(folder)) == 1
    assert list(fresh(folder).rows()) == first


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\xff\xfe", b"0" * 64 + b"\n{}", b"[]\n[]"])
def test_a_damaged_cache_is_made_again(folder: Path, damage: bytes) -> None:
    first = list(fresh(folder).rows())
    (cache,) = caches(folder)
    whole = cache.read_bytes()
    for broken in (damage, whole[:-3], whole.replace(b"torch", b"tortn")):
        cache.write_bytes(broken)
        assert list(fresh(folder).rows()) == first
        assert cache.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_no_error(folder: Path) -> None:
    (folder.parent / "cache").write_text("a file in the way")
    assert fresh(folder).find("torch.f") is not None


def test_changed_rows_are_seen(folder: Path) -> None:
    fresh(folder)
    (folder / "f.toml").write_text(ROWS.replace("torch.f", "torch.k"))
    assert fresh(folder).find("torch.k") is not None


def test_threads_share_one_table(folder: Path) -> None:
    load._loaded.pop(folder, None)
    found: list[Table] = []
    threads = [threading.Thread(target=lambda: found.append(load_table(folder))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(table) for table in found}) == 1


def test_data_root_of_a_checkout_and_of_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (data_root() / "mappings" / "README.md").is_file()
    package = tmp_path / "py2cpp_autograd"
    monkeypatch.setattr(installed, "__file__", str(package / "installed.py"))
    assert data_root() == tmp_path
    (package / "_data" / "mappings").mkdir(parents=True)
    assert data_root() == package / "_data"


def test_attributes_of_values(folder: Path) -> None:
    names = ["torch.Tensor.f", "builtins.list.f", "builtins.str.f", "torch.nn.Module.f"]
    rows = "".join(f'["{name}"]\nget = "self.f()"\n' for name in names)
    rows += '["torch.nn.Linear"]\nclass = "torch::nn::Linear"\nbases = ["torch.nn.Module"]\n'
    (folder / "f.toml").write_text(rows)
    table = fresh(folder)
    values: list[Type] = [TENSOR, ListType(INT), StrType(), ApiType("torch.nn.Linear")]
    found = [table.attribute(value, "f") for value in values]
    assert [None if row is None else row.key for row in found] == names
    assert table.attribute(INT, "f") is None
    assert table.attribute(ApiType("torch.nn.Linear"), "g") is None
    assert table.knows_module("torch")
    assert not table.knows_module("numpy")
