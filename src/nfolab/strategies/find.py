"""Finding strategies: the library's and a folder of one's own by id, any other by its path. Being there is enough."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from nfolab.base.errors import InputError
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


@dataclass(frozen=True)
class Shelf:
    """Where strategies stand: in the library, and in the user's own folder if he has one."""

    own: dict[str, Path]

    @staticmethod
    def of(folder: Path | None = None) -> "Shelf":
        """Return the library together with a folder of recipes and Python strategies; files with a leading _ are none.

        Raises:
            InputError: there is no such folder, or an id stands twice in it, or in the library too.
        """
        if folder is None:
            return Shelf({})
        if not folder.is_dir():
            raise InputError(f"there is no folder {folder}: make it, or give another with --strategies")
        own: dict[str, Path] = {}
        taken = {**library(), **python_library()}
        for path in sorted(folder.iterdir()):
            if path.suffix not in (".toml", ".py") or path.name.startswith(("_", ".")):
                continue
            if path.stem in own:
                raise InputError(f"{own[path.stem]} and {path} have one id, {path.stem}: rename one of them")
            if path.stem in taken:
                raise InputError(f"{path} has the id of a strategy of the library, {path.stem}: rename it")
            own[path.stem] = path
        return Shelf(own)

    def paths(self) -> dict[str, Path]:
        """Return the path of every strategy by its id: those of the library in order of id, then one's own."""
        shipped = {**library(), **python_library()}
        return {**{name: shipped[name] for name in sorted(shipped)}, **self.own}

    def find(self, name: str) -> Strategy:
        """Return a strategy by its id, or by the path of its file.

        Raises:
            InputError: neither is there, with the nearest id; or the file has a mistake.
        """
        known = self.paths()
        path = known.get(name)
        if path is None and name.endswith((".toml", ".py")):
            path = Path(name)
        if path is None:
            raise no_strategy(name, known)
        if path.suffix != ".py":
            return Recipe.load(path)
        strategy = load_python(path)
        strategy.check_header()
        return strategy


def no_strategy(name: str, *known: Iterable[str]) -> InputError:
    """Return the sentence for an id that is none, with the nearest of the first names that have one near."""
    near = next((found for names in known if (found := get_close_matches(name, names, n=1))), [])
    hint = f" (did you mean {near[0]}?)" if near else ": `nfolab strategies` lists them"
    return InputError(f"no strategy {name!r}{hint}; a strategy of your own is given by its path, *.toml or *.py")


def find_strategy(name: str) -> Strategy:
    """Return a recipe or a Python strategy by its id in the library, or by the path of its file; see `Shelf.find`."""
    return Shelf({}).find(name)


def find_recipe(name: str) -> Recipe:
    """Return a recipe by its id in the library, or by the path of its file; raise InputError if it is none."""
    found = find_strategy(name)
    if not isinstance(found, Recipe):
        raise InputError(f"{name} is a Python strategy, not a recipe")
    return found
