"""Finding strategies: those of the library by their id, a user's own by their path. Being there is enough."""

from pathlib import Path

from nfolab.base.errors import InputError, did_you_mean
from nfolab.strategies.python import PythonStrategy, PythonVariant, load_python
from nfolab.strategies.recipe import Recipe, Variant

Strategy = Recipe | PythonStrategy
StrategyVariant = Variant | PythonVariant

_LIBRARY = tuple(Path(__file__).resolve().parent / folder for folder in ("buying", "selling", "mixed"))


def library() -> dict[str, Path]:
    """Return the path of every recipe of the library by its id, in order of id."""
    return _of_library("*.toml")


def python_library() -> dict[str, Path]:
    """Return the path of every Python strategy of the library by its id, in order of id."""
    return _of_library("*.py")


def _of_library(pattern: str) -> dict[str, Path]:
    found = [path for folder in _LIBRARY for path in folder.glob(pattern)]
    return {path.stem: path for path in sorted(found, key=lambda path: path.stem)}


def find_strategy(name: str) -> Strategy:
    """Return a recipe or a Python strategy by its id in the library, or by the path of its file.

    Raises:
        InputError: neither is there, with the nearest id; or the file has a mistake.
    """
    known = python_library()
    if name in known:
        return load_python(known[name])
    return load_python(Path(name)) if name.endswith(".py") else find_recipe(name)


def find_recipe(name: str) -> Recipe:
    """Return a recipe by its id in the library, or by the path of its file.

    Raises:
        InputError: neither is there, with the nearest id; or the recipe has a mistake.
    """
    known = library()
    if name in known:
        return Recipe.load(known[name])
    if name.endswith(".toml"):
        return Recipe.load(Path(name))
    every = {**known, **python_library()}
    raise InputError(
        f"no strategy {name!r}{did_you_mean(name, every)}; a strategy of your own is given by its path, *.toml or *.py"
    )
