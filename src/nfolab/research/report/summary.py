"""Every table of a report, in its order; and as one JSON document."""

from pathlib import Path

from nfolab.research.report import breakdowns, figures
from nfolab.research.report.contents import Contents
from nfolab.research.report.tables import AnyTable


def all_tables(contents: Contents) -> list[AnyTable]:
    """Return every table of the report but the trades themselves, in the report's order."""
    return [
        figures.result(contents),
        figures.costs(contents),
        breakdowns.flags(contents),
        breakdowns.reasons(contents),
        breakdowns.variants(contents),
        breakdowns.by_day(contents),
        breakdowns.funnel(contents),
    ]


def document(contents: Contents, html: Path) -> dict[str, object]:
    """Return the JSON document of `nfolab report --json`: where the page is, and every table, money in rupees."""
    return {
        "run": contents.run.header["run"],
        "source": contents.run.header["source"],
        "html": str(html),
        "remarks": contents.run.header.get("remarks", []),
        "cautions": figures.cautions(contents),
        "tables": {table.name: table.json() for table in all_tables(contents)},
    }
