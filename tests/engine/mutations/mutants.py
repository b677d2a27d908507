"""Small wrongs that could have been written in place of a piece of source: drawn from its syntax tree.

A mutant replaces one stretch of a module's text. Docstrings, annotations, decorators, imports and default values are
left alone: nothing that runs would change.
"""

import ast
import difflib
import hashlib
import random
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
SWAPS = (
    ("bid", "ask"),
    ("BIDS", "ASKS"),
    ("sold", "bought"),
    ("sell", "buy"),
    ("buys", "sells"),
    ("min", "max"),
    ("minimum", "maximum"),
    ("any", "all"),
    ("first", "last"),
    ("entry", "exit"),
    ("best", "worst"),
    ("stop", "target"),
)
TIMES = re.compile(r"(second|now|arrival|decided|latency|later|until|filled|row|at|end|seen)s?$")


@dataclass(frozen=True)
class Mutant:
    """One replacement: characters `start` to `end` of a module's text become `text`.

    `first` and `last` are the lines of what runs as one piece with it: its statement, or the head of one with a body.
    """

    path: Path
    kind: str
    line: int
    first: int
    last: int
    start: int
    end: int
    text: str

    def applied(self, source: str) -> str:
        return source[: self.start] + self.text + source[self.end :]

    def diff(self, source: str) -> str:
        lines = difflib.unified_diff(
            source.splitlines(), self.applied(source).splitlines(), str(self.path), str(self.path), n=1, lineterm=""
        )
        return "\n".join(lines)

    def name(self, source: str) -> str:
        """Names the mutant and the text it was made from."""
        told = f"{self.path.name} {self.start} {self.end} {self.text}\n{source}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def drawn(paths: Sequence[Path], count: int, seed: int) -> list[Mutant]:
    """So many of all mutants of these modules: of each module its share, evenly over the kinds.

    The same for the same texts and seed; a module's own do not change with the text of another, but for their number.
    """
    every = {path: mutants_of(path) for path in paths}
    total = sum(map(len, every.values()))
    return [
        mutant
        for path, mutants in every.items()
        for mutant in drawn_of(mutants, share(len(mutants), count, total), f"{seed} {path.name}")
    ]


def share(own: int, count: int, total: int) -> int:
    """What falls to a module, rounded up, and three at least where it has so many."""
    return min(own, max(3, -(-own * count // total)))


def drawn_of(mutants: Sequence[Mutant], count: int, seed: str) -> list[Mutant]:
    by_kind: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        by_kind.setdefault(mutant.kind, []).append(mutant)
    rng = random.Random(seed)
    for kind in sorted(by_kind):
        rng.shuffle(by_kind[kind])
    found: list[Mutant] = []
    while len(found) < count:
        kinds = [kind for kind in sorted(by_kind) if by_kind[kind]]
        rng.shuffle(kinds)
        found += [by_kind[kind].pop() for kind in kinds[: count - len(found)]]
    return found


def mutants_of(path: Path) -> list[Mutant]:
    source = path.read_text()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    lines = source.splitlines()

    def place(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    found = []
    for statement, node, kind, text in changes(ast.parse(source)):
        first = statement.lineno
        last = max([first, *(part.end_lineno for part in parts_that_run(statement) if isinstance(part, ast.expr))])
        start, end = place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset)
        mutant = Mutant(path, kind, node.lineno, first, last, start, end, text)
        if mutant.applied(source) != source and compiles(mutant.applied(source)):
            found.append(mutant)
    return found


def compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def changes(module: ast.Module) -> Iterator[tuple[ast.stmt, ast.expr | ast.stmt, str, str]]:
    """Every change of every piece that runs: its statement, the piece, the kind of wrong, the text in its place."""
    for statement in running_statements(module.body):
        for change in statement_changes(statement):
            yield statement, *change
        for part in parts_that_run(statement):
            asked = {id(node.value) for node in ast.walk(part) if isinstance(node, ast.Subscript | ast.Attribute)}
            asked |= {id(node.func) for node in ast.walk(part) if isinstance(node, ast.Call)}
            for node in ast.walk(part):
                if isinstance(node, ast.expr):
                    for change in expression_changes(node, is_value=id(node) not in asked):
                        yield statement, *change


def running_statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # a docstring
        if isinstance(statement, ast.Import | ast.ImportFrom | ast.Raise | ast.Assert):
            continue
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield statement
        for name in ("body", "orelse", "finalbody"):
            yield from running_statements(getattr(statement, name, []))


def parts_that_run(statement: ast.stmt) -> list[ast.AST]:
    """The expressions of a statement itself, not those of the statements within it, nor its annotation."""
    parts: list[ast.AST] = []
    for name, value in ast.iter_fields(statement):
        if name in ("body", "orelse", "finalbody", "handlers", "annotation", "target", "targets"):
            continue
        parts += [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, ast.AST)]
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    parts += [target.slice for target in targets if isinstance(target, ast.Subscript)]
    return parts


def statement_changes(statement: ast.stmt) -> Iterator[tuple[ast.stmt, str, str]]:
    dropped = isinstance(statement, ast.AugAssign | ast.Expr | ast.Continue | ast.Break) or (
        isinstance(statement, ast.Assign) and not isinstance(statement.targets[0], ast.Name | ast.Tuple)
    )
    if dropped:
        yield statement, "a statement dropped", "pass"
    if isinstance(statement, ast.AugAssign) and type(statement.op) in OPERATORS:
        other = deepcopy(statement)
        other.op = OPERATORS[type(statement.op)]()
        yield statement, "another operator", ast.unparse(other)


def expression_changes(node: ast.expr, is_value: bool) -> Iterator[tuple[ast.expr, str, str]]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for another in COMPARISONS[type(operator)]:
                other = deepcopy(node)
                other.ops[place] = another()
                yield node, "another comparison", bracketed(other)
    elif isinstance(node, ast.BoolOp):
        other = deepcopy(node)
        other.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield node, "and for or", bracketed(other)
        for place in range(len(node.values)):
            fewer = deepcopy(node)
            del fewer.values[place]
            yield node, "a condition dropped", bracketed(fewer.values[0] if len(fewer.values) == 1 else fewer)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        other = deepcopy(node)
        other.op = OPERATORS[type(node.op)]()
        yield node, "another operator", bracketed(other)
    elif isinstance(node, ast.UnaryOp):
        yield node, "a sign or not dropped", bracketed(node.operand)
    elif isinstance(node, ast.IfExp):
        other = deepcopy(node)
        other.body, other.orelse = other.orelse, other.body
        yield node, "the other way round", bracketed(other)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, "another constant", str(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield node, "a constant off by one", str(node.value + 1)
        yield node, "a constant off by one", f"({node.value - 1})"
    elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
        yield from name_changes(node, is_value)


def name_changes(node: ast.Name | ast.Attribute, is_value: bool) -> Iterator[tuple[ast.expr, str, str]]:
    name = node.id if isinstance(node, ast.Name) else node.attr
    for pair in SWAPS:
        for one, another in (pair, pair[::-1]):
            if re.search(rf"(^|_){one}(_|$)", name):
                swapped = re.sub(rf"(^|_){one}(_|$)", rf"\g<1>{another}\g<2>", name)
                text = swapped if isinstance(node, ast.Name) else f"{ast.unparse(node.value)}.{swapped}"
                yield node, "another name", text
    if isinstance(node, ast.Name) and is_value:
        if TIMES.search(name):
            yield node, "a second, row or end off by one", f"({name} + 1)"
            yield node, "a second, row or end off by one", f"({name} - 1)"
        if name in ("leg", "entry", "program", "contract", "level", "group"):
            yield node, "the first, whichever it was", "0"
        if "sign" in name:
            yield node, "a sign turned", f"(-{name})"


def bracketed(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"
