from tests.crm_store.reports.conftest import ask


async def test_world(world):
    print({t: len(r) for t, r in world.rows.items()})
    r = await ask(world.house, "raised", "gifts", "donors", by=("fiscal_year",), period="all_time")
    for row in r.rows: print(row)
    assert 0
