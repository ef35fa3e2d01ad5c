"""`almoner doctor`: is everything well, and if not, how to mend it."""

from __future__ import annotations

import typer

from crm_store.health import Check, State, examine
from crm_store.settings import store_settings
from ui.terminal import AsJson, as_json, err, out

MARKS = {
    State.WELL: "[green]✓[/green]",
    State.NOTE: "[yellow]·[/yellow]",
    State.FAULT: "[red]✗[/red]",
}


def doctor(json: AsJson = False) -> None:
    """Look at the server, roles, isolation, keys, mail and channels. Exit code 1 on a fault."""
    with err.status("Looking…"):
        found = examine(store_settings())
    faults = [check for check in found if check.state is State.FAULT]
    if json:
        as_json({"well": not faults, "checks": found})
    else:
        for check in found:
            _show(check)
    raise typer.Exit(1 if faults else 0)


def _show(check: Check) -> None:
    out.print(f"{MARKS[check.state]} [bold]{check.name}[/bold] ", end="")
    out.print(check.finding, markup=False, highlight=False)
    if check.remedy and check.state is not State.WELL:
        out.print(f"  → {check.remedy}", style="dim", markup=False, highlight=False)
