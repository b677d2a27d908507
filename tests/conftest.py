"""Fixtures that every room's tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
"""A busy machine fails no test; in CI the same commit draws the same examples, elsewhere new ones."""

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real market data: NFOLAB_REAL_DATA, else ../shared/data beside the repository."""
    folder = Path(os.environ.get("NFOLAB_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real market data at {folder}: set NFOLAB_REAL_DATA to the folder that holds it")
    return folder
