"""A small world, but one in which a scan of everything would show."""

from __future__ import annotations

import time
from statistics import median

from sqlalchemy import text

from crm_store.search.models import Findable
from crm_store.search.rebuilding import rebuild

SOME = 5_000
MANY = text(
    """
    INSERT INTO people (org_id, id, given_name, family_name, given_key, family_key, sound_key,
                        lead_score, is_vip, is_active, do_not_contact, is_deceased)
    SELECT app_org(), gen_random_uuid(),
           (ARRAY['Ruth', 'David', 'Μαρία', 'Robert', 'משה'])[1 + n % 5],
           CASE WHEN n % 10 = 0 THEN 'Cohen' ELSE 'Family' || chr(97 + n % 26) || chr(97 + n / 200)
           END, '', '', '', 0, false, true, false, false
    FROM generate_series(1, :some) n
    """
)


async def test_finding_reads_the_index_and_not_the_tables(house):
    async with house.begin() as crm:
        await crm.session.execute(MANY, {"some": SOME})
        begun = time.perf_counter()
        assert await rebuild(crm) == SOME
        assert SOME / (time.perf_counter() - begun) > 1_000
    async with house.begin(read_only=True) as crm:
        took = []
        for typed in ("cohen", "Ruth Cohen", "Kohen", "Bob Cohen", "Maria Familyac", "r cohen") * 3:
            begun = time.perf_counter()
            assert (await crm.search.find(typed, [Findable.PERSON])).hits
            took.append(time.perf_counter() - begun)
        assert median(took) < 0.25
        plan = await crm.session.scalars(
            text(
                "EXPLAIN SELECT entry_id FROM search_terms WHERE org_id = :org AND term = 'cohen'"
            ),
            {"org": house.org_id},
        )
        assert "pk_search_terms" in " ".join(plan)
