from datetime import date
from decimal import Decimal

import pytest

from crm_store.donors.testing import make_donor
from crm_store.errors import Ambiguous, Conflict, Invalid, NotFound
from crm_store.gifts.models import ProjectStatus
from crm_store.gifts.purposes import (
    NameTaken,
    close_fund,
    open_appeal,
    open_fund,
    plan_project,
    set_project_status,
)
from crm_store.gifts.refunding import refund_gift
from crm_store.gifts.testing import make_fund, make_gift

DAY = date(2025, 3, 14)


async def test_a_fund_is_found_by_its_name_or_code_as_people_say_it(house):
    async with house.begin() as crm:
        fund = await open_fund(crm, "  Υποτροφίες  2025 ", code="SCH")
        assert fund.name == "Υποτροφίες 2025"
        assert (await crm.funds.by_name("υποτροφίες 2025")).id == fund.id
        assert (await crm.funds.by_name("sch")).id == fund.id
        await make_fund(crm, "Sch")
        with pytest.raises(Ambiguous) as asked:
            await crm.funds.by_name("sch")
        assert asked.value.choices == ("Sch", "Υποτροφίες 2025")
        with pytest.raises(NotFound, match="fund called 'water'"):
            await crm.funds.by_name("water")


async def test_a_name_is_taken_once(house, neighbour):
    async with house.begin() as crm:
        await open_fund(crm, "Water")
        for name in ("Water", " wAtEr"):
            with pytest.raises(NameTaken):
                await open_fund(crm, name)
        with pytest.raises(Invalid):
            await open_fund(crm, "  ")
    async with neighbour.begin() as crm:
        await open_fund(crm, "Water")


async def test_a_closed_fund_is_offered_no_more(house):
    async with house.begin() as crm:
        fund, other = await make_fund(crm, "Water"), await make_fund(crm, "Roof")
        await close_fund(crm, fund.id)
        assert [row.id for row in await crm.funds.active()] == [other.id]
        assert [row.id for row in await crm.funds.named()] == [other.id, fund.id]


async def test_a_project_moves_along_and_not_anywhere(house):
    async with house.begin() as crm:
        project = await plan_project(crm, "New roof", target=5000, starts_on=DAY)
        assert project.status is ProjectStatus.DRAFT
        with pytest.raises(Conflict):
            await set_project_status(crm, project.id, ProjectStatus.COMPLETED)
        for status in ("active", "on_hold", "active", "completed"):
            await set_project_status(crm, project.id, ProjectStatus(status))
        assert await crm.projects.active() == []
        with pytest.raises(Invalid):
            await plan_project(crm, "Old roof", starts_on=DAY, ends_on=date(2024, 1, 1))
        with pytest.raises(Invalid):
            await plan_project(crm, "Old roof", target=0)


async def test_progress_is_what_was_given_net_in_the_targets_currency(house):
    async with house.begin() as crm:
        project = await plan_project(crm, "New roof", target=1000, currency="EUR")
        donor = await make_donor(crm)
        gift = await make_gift(crm, donor, 300, project_id=project.id)
        await make_gift(crm, donor, 999, currency="ILS", project_id=project.id)
        await refund_gift(crm, gift.id, 50)
        progress = await crm.projects.progress(project.id)
        assert (progress.raised, progress.gifts) == (250, 1)
        assert progress.share == Decimal("0.25")


async def test_an_appeal_runs_for_its_days(house):
    async with house.begin() as crm:
        fund = await make_fund(crm)
        appeal = await open_appeal(
            crm, "Pesach 2025", code="P25", starts_on=date(2025, 3, 1), ends_on=date(2025, 4, 20),
            goal="10000", cost="250.50", fund_id=fund.id,
        )  # fmt: skip
        assert appeal.cost_amount == Decimal("250.50")
        assert [row.id for row in await crm.appeals.active(DAY)] == [appeal.id]
        assert await crm.appeals.active(date(2025, 4, 21)) == []
        assert await crm.appeals.active(date(2025, 2, 28)) == []
