"""Finding strategies: those of the library by their id, a user's own by their path. Being there is enough."""

from pathlib import Path

from nfolab.base.errors import InputError, did_you_mean
from nfolab.strategies.recipe import Recipe

_LIBRARY = Path(__file__).resolve().parent / "library"


def library() -> dict[str, Path]:
    """Return the path of every recipe of the library by its id, in order of id."""
    return {path.stem: path for path in sorted(_LIBRARY.rglob("*.toml"), key=lambda path: path.stem)}


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
    if name.endswith(".py"):
        raise InputError(f"{name} is a Python strategy, which cannot be run yet: write it as a recipe, *.toml")
    raise InputError(
        f"no strategy {name!r}{did_you_mean(name, known)}; a recipe of your own is given by its path, *.toml"
    )
