"""The files of the repository, as committed."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", "__pycache__", "dist", "build", "lake", "runs", "demo"}


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def texts() -> dict[Path, str]:
    """Every committed text file by its path within the repository."""
    found = {}
    for path in _committed():
        content = (ROOT / path).read_bytes() if (ROOT / path).is_file() else b"\0"
        if b"\0" not in content:
            found[path] = content.decode("utf-8")
    return found


def _committed() -> list[Path]:
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True)
        return [Path(name) for name in listed.stdout.split("\0") if name]
    everything = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [path for path in everything if NOT_OURS.isdisjoint(path.parts)]
