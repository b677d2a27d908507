"""The report of a run: tables, charts and one self-contained HTML file.

contents = Contents.read(run)
path = write_report(contents, marks_of)     # RUNS/<run>/report.html
print_tables(contents, console)             # the same tables in the terminal
document(contents, path)                    # and as one JSON document
"""

from nfolab.research.report.contents import Contents
from nfolab.research.report.page import write_report
from nfolab.research.report.seconds import MarksOf
from nfolab.research.report.summary import document
from nfolab.research.report.terminal import print_tables

__all__ = ["Contents", "MarksOf", "document", "print_tables", "write_report"]
