"""The cache of kernels belongs to the sources: another state of them is another folder."""

import subprocess
import sys
from pathlib import Path

import nfolab
from nfolab.base.compiled import cache_folder, is_compiled, sources_hash


def test_a_change_in_any_room_with_kernels_names_another_folder(tmp_path: Path) -> None:
    package = tmp_path / "nfolab"
    subprocess.run(["cp", "-r", str(Path(nfolab.__file__).parent), str(package)], check=True)
    asked = "from nfolab.base.compiled import sources_hash; print(sources_hash())"

    def hash_of_copy() -> str:
        return subprocess.run(
            [sys.executable, "-c", asked], check=True, capture_output=True, text=True, cwd=tmp_path
        ).stdout.strip()

    assert hash_of_copy() == sources_hash()
    codes = package / "engine" / "codes.py"
    codes.write_text(codes.read_text() + "\n# a constant that a kernel reads might have changed\n")
    assert hash_of_copy() != sources_hash()


def test_whether_a_kernel_is_compiled_is_read_from_the_folder(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NFOLAB_CACHE", str(tmp_path))
    assert cache_folder().is_relative_to(tmp_path)
    assert not is_compiled("walk_programs")
    (cache_folder() / "engine").mkdir(parents=True)
    (cache_folder() / "engine" / "kernel.walk_programs-48.py311.nbi").write_bytes(b"")
    assert is_compiled("walk_programs")
