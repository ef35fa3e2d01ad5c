"""Whatever believable gifts a file holds: they come in exactly, once, and go again."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from crm_store.importers.testing import bring_in, write_csv
from crm_store.importers.undoing import undo

WORD = st.text(st.sampled_from("abcXYZ αβγΩάή אבגש éüñ-'\"|;,"), min_size=2, max_size=8).map(
    lambda word: f"N{word.strip()}e"
)
GIFT = st.tuples(
    st.dates(date(2001, 1, 1), date(2025, 12, 31)),
    st.decimals(Decimal("0.01"), Decimal("99999.99"), places=2),
    st.sampled_from(["EUR", "USD", "ILS"]),
    WORD,
    st.integers(0, 5),
    WORD,
)
HEADERS = ("Date", "Amount", "Currency", "First name", "Last name", "Email", "Comments")


@given(gifts=st.lists(GIFT, min_size=1, max_size=12), repeat=st.booleans())
@settings(max_examples=8, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
async def test_rows_in_are_rows_out(house, gifts, repeat):
    kept = [(*gift, "") for gift in (gifts * 2 if repeat else gifts)]
    rows = [
        (day.isoformat(), amount, currency, given_name, f"Family{n}", f"d{n}.{len(given_name)}"
         "@example.org", note)
        for day, amount, currency, given_name, n, note, _ in kept
    ]  # fmt: skip
    before = await gifts_of(house)
    with TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "gifts.csv", HEADERS, rows)
        job_id = await bring_in(house, path)
        wanted = sorted(
            (day, amount, currency, note) for day, amount, currency, *_, note, _ in kept
        )
        assert await gifts_of(house) == sorted([*before, *wanted])
        again = await bring_in(house, path)
    async with house.begin() as crm:
        assert (await crm.import_jobs.get(again)).loaded_rows == 0
    await undo(house.store, house.director, again)
    await undo(house.store, house.director, job_id)
    assert await gifts_of(house) == before


async def gifts_of(house):
    async with house.begin() as crm:
        found = await crm.session.execute(
            text("SELECT received_on, amount, currency, notes FROM gifts WHERE deleted_at IS NULL")
        )
        return sorted((day, amount, currency, note) for day, amount, currency, note in found)
