"""`almoner audit`: is the log as it was written?"""

from __future__ import annotations

from typing import Annotated

import typer

from crm_store.actor import Actor, Door
from crm_store.audit.verify import Anchor, Verdict, verify
from ui.asking import asker, organisations
from ui.terminal import AsJson, OrgOption, as_json, opened, progress, run, say

app = typer.Typer(help="The log of who changed what.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The log of who changed what."""


@app.command("verify")
def check(
    org: OrgOption = None,
    noted: Annotated[
        str | None,
        typer.Option(help="An anchor printed earlier, as 1042:9f…; a chain cut short breaks it."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Walk every link of every chain. Finds an edit, a deletion, a gap. Exit code 1 if so."""

    async def work() -> list[tuple[str, Verdict]]:
        async with opened() as store:
            known = await organisations(store)
            if org is not None:
                chosen = (await asker(store, org)).org
                known = [one for one in known if one.id == chosen]
            found = []
            with progress("Verifying", len(known)) as step:
                for one in known:
                    async with store.begin(Actor.system(one.id, Door.CLI), read_only=True) as crm:
                        found.append((one.slug, await verify(crm, noted=_anchor(noted))))
                    step()
            return found

    verdicts = run(work())
    if json:
        as_json([_plain(slug, verdict) for slug, verdict in verdicts])
    else:
        for slug, verdict in verdicts:
            _show(slug, verdict)
    raise typer.Exit(0 if all(verdict.is_sound for _, verdict in verdicts) else 1)


def _show(slug: str, verdict: Verdict) -> None:
    if verdict.is_sound:
        say(f"{slug}: {verdict.entries:,} entries, all as they were written.", "green")
    else:
        say(f"{slug}: {len(verdict.findings)} faults in {verdict.entries:,} entries.", "red")
        for finding in verdict.findings:
            say(f"  {finding}")
    say(f"  anchor {_written(verdict.last)}", "dim")


def _plain(slug: str, verdict: Verdict) -> dict[str, object]:
    return {
        "org": slug,
        "entries": verdict.entries,
        "sound": verdict.is_sound,
        "anchor": _written(verdict.last),
        "faults": [
            {"fault": one.fault, "first": one.first, "last": one.last, "sentence": str(one)}
            for one in verdict.findings
        ],
    }


def _written(anchor: Anchor) -> str:
    return f"{anchor.seq}:{anchor.hash.hex()}"


def _anchor(written: str | None) -> Anchor | None:
    if written is None:
        return None
    seq, _, digest = written.partition(":")
    try:
        return Anchor(int(seq), bytes.fromhex(digest))
    except ValueError as error:
        raise typer.BadParameter("An anchor is a number, a colon and a hash.") from error
