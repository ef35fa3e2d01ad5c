"""`almoner`: the product at a terminal."""

from __future__ import annotations

import sys

import typer

from crm_store.embedded import ServerError
from crm_store.errors import CrmError
from ui.commands import (
    audit,
    db,
    demo,
    doctor,
    imports,
    keys,
    org,
    privacy,
    report,
    search,
    segment,
    up,
    user,
)
from ui.terminal import err, fail

app = typer.Typer(
    name="almoner",
    help="One assistant over a nonprofit's whole CRM.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

START, LOOK, MOVE, RUN = "Start", "Look things up", "Move data", "Run the installation"

app.command("up", rich_help_panel=START)(up.up)
app.command("doctor", rich_help_panel=START)(doctor.doctor)
app.command("demo", rich_help_panel=START)(demo.demo)
app.command("search", rich_help_panel=LOOK)(search.search)
app.command("report", rich_help_panel=LOOK)(report.report)
app.add_typer(segment.app, name="segment", rich_help_panel=LOOK)
app.command("import", rich_help_panel=MOVE)(imports.import_file)
app.command("export", rich_help_panel=MOVE)(privacy.export)
app.command("erase", rich_help_panel=MOVE)(privacy.erase)
app.add_typer(org.app, name="org", rich_help_panel=RUN)
app.add_typer(user.app, name="user", rich_help_panel=RUN)
app.add_typer(db.app, name="db", rich_help_panel=RUN)
app.add_typer(audit.app, name="audit", rich_help_panel=RUN)
app.add_typer(keys.app, name="keys", rich_help_panel=RUN)


def main() -> None:
    """Faults people can mend are one sentence and exit code 1; bugs keep their traceback."""
    try:
        app()
    except (CrmError, ServerError) as error:
        err.print(str(error), style="red", markup=False, highlight=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


__all__ = ["app", "fail", "main"]

if __name__ == "__main__":
    main()
