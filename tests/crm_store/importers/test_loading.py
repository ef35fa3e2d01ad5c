"""What an import leaves behind: the right people, the right money, and nothing twice."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from crm_store.errors import Refused
from crm_store.gifts.actions import record_gift
from crm_store.gifts.models import Method
from crm_store.importers.fields import Noun
from crm_store.importers.loading import load_rows
from crm_store.importers.preview import preview
from crm_store.importers.retrying import retry_bad, write_bad_rows
from crm_store.importers.testing import (
    GIFT_HEADERS,
    bring_in,
    gift_rows,
    look_at,
    understood,
    write_csv,
)
from crm_store.importers.understanding import Unclear
from crm_store.imports.actions import begin_import
from crm_store.imports.models import RowStatus
from crm_store.orgs.custom_fields import define_field
from crm_store.orgs.models import FieldNoun, FieldType
from crm_store.search.models import Findable
from crm_store.search.rebuilding import stale

DATA = Path(__file__).parents[2] / "data"
TABLES = ("donors", "people", "companies", "gifts", "identifiers", "addresses", "leads", "funds",
          "tags", "taggings", "notes", "giving_years", "external_ids", "import_jobs",
          "import_rows", "search_entries", "audit_log")  # fmt: skip


async def ask(house, sql, **values):
    async with house.begin() as crm:
        return [tuple(row) for row in await crm.session.execute(text(sql), values)]


async def counts(house):
    sums = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in TABLES)
    async with house.begin() as crm:
        return dict((await crm.session.execute(text(f"SELECT {sums}"))).one()._mapping)


async def fates(house, job_id):
    return await ask(
        house,
        "SELECT number, status, reason FROM import_rows WHERE job_id = :job ORDER BY number",
        job=job_id,
    )


async def test_a_messy_file_is_taken_apart_rightly(house):
    job_id = await bring_in(house, DATA / "gifts_messy.csv")
    found = {number: (status, reason) for number, status, reason in await fates(house, job_id)}
    assert {n for n, (status, _) in found.items() if status == "loaded"} == {5, 6, 7, 9, 16}
    assert found[17] == ("duplicate", "It says the same as row 16.")
    assert {n: reason for n, (status, reason) in found.items() if status == "bad"} == {
        8: "“31/02/2024” is not a day of the calendar.",
        10: "“eleni@example” is not an e-mail address.",
        11: "“-20.00” is below zero; enter it as a refund of its gift.",
        12: "“0” is no gift.",
        14: "Nobody is named: no name, company, e-mail, telephone or id.",
        15: "It has more cells than there are headers.",
        18: "Row 9 has the same id and says otherwise.",
    }
    donors = await ask(house, "SELECT kind, name FROM donors ORDER BY name")
    assert donors == [
        ("company", "Aegean Foods A.E."),
        ("couple", "Ruth and David Cohen"),
        ("individual", "Μαρία Παπαδοπούλου"),
        ("individual", "רות כהן"),
    ]
    gifts = await ask(
        house,
        "SELECT g.amount, g.currency, g.method, g.received_on::text, f.name FROM gifts g"
        " LEFT JOIN funds f ON f.id = g.fund_id ORDER BY g.external_id",
    )
    assert gifts == [
        (Decimal("1250"), "EUR", "credit_card", "2024-03-13", "School"),
        (Decimal("100"), "EUR", "check", "2024-05-01", "School"),
        (Decimal("75.5"), "EUR", "wire", "2024-04-03", "Γενικά"),
        (Decimal("360"), "ILS", "cash", "2024-12-25", "School"),
        (Decimal("5000"), "EUR", "wire", "2024-05-05", "School"),
    ]


async def test_totals_and_search_are_right_after_an_import(house):
    await bring_in(house, write_csv_of(house, gift_rows(300)))
    wrong = await ask(
        house,
        "SELECT 1 FROM (SELECT donor_id, sum(amount) AS total, count(*) AS gifts FROM gifts"
        " GROUP BY 1) g FULL JOIN donor_giving d USING (donor_id)"
        " WHERE (g.total, g.gifts) IS DISTINCT FROM (d.total, d.gifts)",
    )
    assert wrong == []
    before = await ask(house, "SELECT * FROM giving_years ORDER BY donor_id, fiscal_year")
    async with house.begin() as crm:
        await crm.session.execute(text("SELECT rebuild_giving()"))
        for kind in (Findable.DONOR, Findable.PERSON):
            assert (await stale(crm, kind)).ids == ()
    assert before == await ask(house, "SELECT * FROM giving_years ORDER BY donor_id, fiscal_year")


def write_csv_of(house, rows, name="gifts.csv"):
    folder = house.made.setdefault("folder", Path(house.made["tmp_path"]))
    return write_csv(folder / name, GIFT_HEADERS, rows)


@pytest.fixture(autouse=True)
def _folder(house, tmp_path):
    house.made["tmp_path"] = tmp_path


async def test_a_dry_run_writes_nothing_and_tells_what_an_import_does(house):
    await bring_in(house, write_csv_of(house, gift_rows(40, donors=10), "old.csv"))
    path = write_csv_of(house, [*gift_rows(60, donors=20), *gift_rows(5, donors=20)])
    before = await counts(house)
    seen = await look_at(house, path)
    assert await counts(house) == before
    job_id = await bring_in(house, path)
    async with house.begin() as crm:
        job = await crm.import_jobs.get(job_id)
    assert (seen.good, seen.duplicates, seen.bad) == (
        job.loaded_rows, job.duplicate_rows, job.bad_rows,
    )  # fmt: skip
    after = await counts(house)
    assert seen.new == after["donors"] - before["donors"]


@pytest.mark.parametrize("with_ids", [True, False])
async def test_the_same_file_again_adds_nothing(house, with_ids):
    headers, rows = list(GIFT_HEADERS), gift_rows(120, donors=30)
    if not with_ids:
        headers, rows = headers[1:], [row[1:] for row in rows]
    path = write_csv(house.made["tmp_path"] / "gifts.csv", headers, rows)
    await bring_in(house, path)
    before = await counts(house)
    job_id = await bring_in(house, path)
    after = await counts(house)
    grown = {table for table in TABLES if after[table] != before[table]}
    assert grown == {"import_jobs", "import_rows", "audit_log"}
    assert {status for _, status, _ in await fates(house, job_id)} == {"duplicate"}


async def test_an_overlapping_export_adds_only_what_is_new(house):
    rows = [row[1:] for row in gift_rows(100, donors=30)]
    folder = house.made["tmp_path"]
    await bring_in(house, write_csv(folder / "one.csv", GIFT_HEADERS[1:], rows[:60]))
    other = [(*row[1:], row[0]) for row in rows[40:]]
    await bring_in(house, write_csv(folder / "two.csv", [*GIFT_HEADERS[2:], "Date"], other))
    assert await ask(house, "SELECT count(*) FROM gifts") == [(100,)]


async def test_two_honest_gifts_alike_in_one_file_stay_two(house):
    row = ("01/02/2024", "20", "Ruth", "Cohen", "ruth@example.org", "")
    folder = house.made["tmp_path"]
    path = write_csv(folder / "twice.csv", GIFT_HEADERS[1:], [row, row])
    await bring_in(house, path)
    await bring_in(house, path)
    assert await ask(house, "SELECT count(*) FROM gifts") == [(2,)]
    await bring_in(house, write_csv(folder / "thrice.csv", GIFT_HEADERS[1:], [row, row, row]))
    assert await ask(house, "SELECT count(*) FROM gifts") == [(3,)]
    assert await ask(house, "SELECT count(*) FROM donors") == [(1,)]


async def test_a_gift_entered_by_hand_is_not_entered_again(house):
    folder = house.made["tmp_path"]
    first = ("01/02/2024", "20", "Ruth", "Cohen", "ruth@example.org", "")
    await bring_in(house, write_csv(folder / "a.csv", GIFT_HEADERS[1:], [first]))
    async with house.begin() as crm:
        (donor_id,) = (await crm.session.execute(text("SELECT id FROM donors"))).one()
        day = (await crm.session.execute(text("SELECT date '2024-03-05'"))).scalar_one()
        await record_gift(crm, donor_id, 35, received_on=day, method=Method.CASH)
    by_hand = ("05/03/2024", "35", *first[2:])
    job_id = await bring_in(
        house, write_csv(folder / "b.csv", GIFT_HEADERS[1:], [by_hand, by_hand])
    )
    assert [status for _, status, _ in await fates(house, job_id)] == ["duplicate", "loaded"]


async def test_a_namesake_is_a_new_donor_to_look_at(house):
    folder, headers = house.made["tmp_path"], ["Date", "Amount", "Name"]
    await bring_in(house, write_csv(folder / "a.csv", headers, [("1/2/2024", 5, "Ruth Cohen")]))
    path = write_csv(
        folder / "b.csv", headers, [("1/3/2024", 5, "Ruth Cohen"), ("1/4/2024", 6, "Ruth Cohen")]
    )
    seen = await look_at(house, path)
    assert (seen.new, seen.doubtful) == (1, 1)
    assert seen.doubtful_examples[0].other == "Ruth Cohen"
    await bring_in(house, path)
    assert await ask(house, "SELECT count(*) FROM donors") == [(2,)]


async def test_a_couple_gives_as_one_whoever_of_them_pays(house):
    headers = ["Date", "Amount", "First name", "Last name", "Email", "Spouse name", "Spouse email"]
    rows = [
        ("1/2/2024", 5, "Ruth", "Cohen", "ruth@example.org", "David Cohen", "david@example.org"),
        ("1/3/2024", 6, "Ruth", "Cohen", "ruth@example.org", "", ""),
        ("1/4/2024", 7, "David", "Cohen", "david@example.org", "", ""),
    ]
    await bring_in(house, write_csv(house.made["tmp_path"] / "a.csv", headers, rows))
    assert await ask(house, "SELECT kind, name FROM donors") == [("couple", "Ruth and David Cohen")]
    assert await ask(house, "SELECT count(*), count(DISTINCT donor_id) FROM gifts") == [(3, 1)]


async def test_an_address_two_people_use_belongs_to_neither_alone(house):
    headers = ["Date", "Amount", "Name", "Email"]
    rows = [("1/2/2024", 5, "Ruth Cohen", "us@example.org"),
            ("1/2/2024", 6, "Avi Levi", "us@example.org")]  # fmt: skip
    folder = house.made["tmp_path"]
    await bring_in(house, write_csv(folder / "a.csv", headers, rows))
    later = [("1/2/2024", 7, "Noa Golan", "us@example.org")]
    await bring_in(house, write_csv(folder / "b.csv", headers, later))
    assert await ask(house, "SELECT is_shared FROM identifiers") == [(True,)] * 3
    assert await ask(house, "SELECT count(*) FROM donors") == [(3,)]


async def test_an_id_of_the_former_system_finds_its_donor(house):
    folder = house.made["tmp_path"]
    await bring_in(
        house,
        write_csv(folder / "d.csv", ["Donor ID", "Name", "Email"],
                  [("77", "Ruth Cohen", "ruth@example.org")]),
        noun=Noun.DONORS, source="Former",
    )  # fmt: skip
    path = write_csv(
        folder / "g.csv", ["Donor ID", "Date", "Amount"],
        [("77", "1/2/2024", 5), ("78", "1/2/2024", 6)],
    )  # fmt: skip
    job_id = await bring_in(house, path, source="former")
    assert [(s, r) for _, s, r in await fates(house, job_id)] == [
        ("loaded", None),
        ("bad", "Nobody is known by the id 78."),
    ]


@pytest.mark.parametrize(
    ("name", "noun", "table", "names"),
    [
        ("donors_greek_1253.csv", Noun.DONORS, "donors",
         {"Γιώργος Παπαδόπουλος και Μαρία Παπαδοπούλου", "Άννα Νικολάου"}),
        ("people_hebrew_1255.csv", Noun.PEOPLE, "people", {"רות כהן", "דוד לוי"}),
        ("leads_utf16.tsv", Noun.LEADS, "leads", {"Dana Levi", "José Núñez"}),
        ("gifts.xlsx", Noun.GIFTS, "donors", {"Μαρία Παπαδοπούλου", "Γιώργος Νικολάου", "רות כהן"}),
    ],
)  # fmt: skip
async def test_files_of_every_kind_come_in(house, name, noun, table, names):
    path = DATA / name
    job_id = await bring_in(house, path, noun=noun)
    assert {status for _, status, _ in await fates(house, job_id)} == {"loaded"}
    label = "name" if table == "donors" else "concat_ws(' ', given_name, family_name)"
    assert {row[0] for row in await ask(house, f"SELECT {label} FROM {table}")} == names
    again = await bring_in(house, path, noun=noun)
    assert {status for _, status, _ in await fates(house, again)} == {"duplicate"}


async def test_companies_come_in_once_by_name_or_tax_number(house):
    headers = ["Company Name", "ΑΦΜ", "Website", "Email", "City"]
    rows = [
        ("Aegean Foods A.E.", "094014201", "www.aegean.example", "info@aegean.example", "Athens"),
        ("AEGEAN FOODS", "", "", "", ""),
        ("Aegean Trading", "EL094014201", "", "", ""),
        ("Acme Ltd", "", "https://acme.example/home", "", "London"),
    ]
    path = write_csv(house.made["tmp_path"] / "c.csv", headers, rows)
    await bring_in(house, path, noun=Noun.COMPANIES)
    assert await ask(house, "SELECT name, domain FROM companies ORDER BY 1") == [
        ("Acme Ltd", "acme.example"),
        ("Aegean Foods A.E.", "aegean.example"),
    ]


async def test_tags_notes_and_own_fields_come_along(house):
    async with house.begin() as crm:
        await define_field(crm, FieldNoun.DONOR, "table", "Table at gala", FieldType.NUMBER)
    headers = ["Name", "Email", "Tags", "Notes", "Table at gala"]
    rows = [("Ruth Cohen", "ruth@example.org", "gala; Board", "Likes tea", "12"),
            ("Avi Levi", "avi@example.org", "GALA", "", "x")]  # fmt: skip
    path = write_csv(house.made["tmp_path"] / "d.csv", headers, rows)
    job_id = await bring_in(house, path, noun=Noun.DONORS)
    assert [s for _, s, _ in await fates(house, job_id)] == ["loaded", "bad"]
    assert await ask(house, "SELECT name FROM tags ORDER BY 1") == [("Board",), ("gala",)]
    assert await ask(house, "SELECT body FROM notes") == [("Likes tea",)]
    assert await ask(house, "SELECT number_value FROM custom_values") == [(Decimal(12),)]


async def test_bad_rows_are_good_once_the_mapping_is(house):
    headers = ["When", "Posted", "Amount", "Name", "Email"]
    rows = [("1/2/2024", "n/a", 5, f"Donor {n}", f"d{n}@example.org") for n in range(3)]
    path = write_csv(house.made["tmp_path"] / "g.csv", headers, rows)
    job_id = await bring_in(house, path, overrides={"Posted": "date", "When": "-"})
    assert {r for _, _, r in await fates(house, job_id)} == {"The date is missing."}
    done = await retry_bad(house.store, house.director, job_id, {"When": "date", "Posted": "-"})
    assert (done.tried, done.still_bad) == (3, 0)
    assert await ask(house, "SELECT count(*) FROM gifts") == [(3,)]
    async with house.begin() as crm:
        job = await crm.import_jobs.get(job_id)
        assert (job.loaded_rows, job.bad_rows) == (3, 0)


async def test_bad_rows_can_be_mended_in_a_file_of_their_own(house):
    job_id = await bring_in(house, DATA / "gifts_messy.csv")
    path = house.made["tmp_path"] / "bad.csv"
    assert await write_bad_rows(house.store, house.director, job_id, path) == 7
    mended = path.read_text("utf-8-sig").replace("31/02/2024", "29/02/2024")
    path.write_text(mended.replace("eleni@example,", "eleni@example.gr,"), "utf-8")
    again = await bring_in(house, path)
    loaded = [n for n, status, _ in await fates(house, again) if status == "loaded"]
    assert len(loaded) >= 2


async def test_every_row_is_accounted_for(house):
    job_id = await bring_in(house, DATA / "gifts_messy.csv")
    async with house.begin() as crm:
        job = await crm.import_jobs.get(job_id)
        bad = await crm.import_rows.of(job_id, RowStatus.BAD)
        columns = await crm.import_jobs.columns_of(job_id)
    assert job.loaded_rows + job.duplicate_rows + job.bad_rows == job.total_rows == 13
    assert bad[0].raw["Donor Name"] == "Nikos Georgiou"
    assert [c.target for c in columns][:3] == ["gift_id", "date", "name"]


async def test_what_was_understood_is_remembered(house):
    headers, row = ["Jour", "Valeur", "Qui"], ("1/2/2024", 5, "Ruth Cohen")
    folder = house.made["tmp_path"]
    path = write_csv(folder / "a.csv", headers, [row])
    with pytest.raises(Unclear, match="--map"):
        await look_at(house, path, noun=Noun.GIFTS)
    told = {"Jour": "date", "Valeur": "amount", "Qui": "name"}
    await bring_in(house, path, noun=Noun.GIFTS, overrides=told)
    other = write_csv(folder / "b.csv", headers, [("2/2/2024", 6, "Avi Levi")])
    seen = await look_at(house, other, noun=Noun.GIFTS)
    assert [c.matched_by for c in seen.columns] == ["remembered"] * 3


@pytest.mark.parametrize("missing", ["imports:write", "gifts:write", "amounts:read"])
async def test_rights_are_those_of_doing_it_by_hand(house, missing):
    actor = house.actor(scopes=house.director.scopes - {missing})
    found = await understood(house, write_csv_of(house, gift_rows(3)))
    with pytest.raises(Refused):
        await preview(house.store, actor, found)
    with pytest.raises(Refused):
        async with house.begin(actor) as crm:
            await begin_import(crm, found)
    async with house.begin() as crm:
        job = await begin_import(crm, found)
    with pytest.raises(Refused):
        await load_rows(house.store, actor, job.id, found)


async def test_the_neighbour_is_neither_matched_nor_touched(house, neighbour):
    path = write_csv_of(house, gift_rows(30, donors=10))
    await bring_in(neighbour, path)
    before = await counts(neighbour)
    job_id = await bring_in(house, path)
    assert {s for _, s, _ in await fates(house, job_id)} == {"loaded"}
    assert await counts(neighbour) == before
