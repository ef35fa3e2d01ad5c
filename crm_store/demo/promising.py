"""Promises and how they were kept, money returned, credit given, and receipts."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from uuid import UUID

from sqlalchemy import select

from crm_store.demo.scene import Scene
from crm_store.gifts.crediting import credit_softly
from crm_store.gifts.models import (
    CreditKind,
    Frequency,
    Gift,
    InstalmentStatus,
    Method,
    ReceiptKind,
)
from crm_store.gifts.numbering import Draft, issue, stationery
from crm_store.gifts.pledging import pay_pledge, pledge
from crm_store.gifts.refunding import refund_gift

AMOUNTS = (600, 1200, 2400, 3000, 6000, 12_000)
REASONS = ("Given twice by mistake.", "The cheque was not honoured.", "Returned at their wish.")


async def add_promises(scene: Scene) -> None:
    await _pledges(scene)
    await _receipts(scene)
    await _returned(scene)
    await _credited(scene)


async def _pledges(scene: Scene) -> None:
    """Quarter by quarter: some paid up to now, some a quarter late, one barely begun."""
    crm, dice = scene.crm, scene.dice("pledges")
    givers = [one for one in scene.donors if one.total > 500]
    for place, donor in enumerate(dice.sample(givers, min(len(givers), scene.some(10, 0.03)))):
        first = _months_before(scene.today, 9)
        promised = await pledge(
            crm, donor.id, dice.choice(AMOUNTS), "EUR",
            pledged_on=first, instalments=6, frequency=Frequency.QUARTERLY, first_due_on=first,
            project_id=scene.setting.projects[0] if scene.setting.projects else None,
        )  # fmt: skip
        due = [
            part for part in await crm.pledges.instalments(promised.id)
            if part.due_on <= scene.today and part.status is InstalmentStatus.OPEN
        ]  # fmt: skip
        for part in due[: len(due) - place % 3]:
            await pay_pledge(
                crm, promised.id, part.amount, received_on=part.due_on, method=Method.WIRE,
                even_if_duplicate=True,
            )  # fmt: skip


async def _receipts(scene: Scene) -> None:
    """Part of last year's gifts: the rest is still to be receipted."""
    crm = scene.crm
    paper = await stationery(crm)
    last_year = paper.period(scene.today.year - 1)
    donors = [donor.id for donor in scene.donors[: scene.some(80, 0.3)]]
    query = (
        select(Gift)
        .where(
            Gift.org_id == crm.actor.org,
            Gift.donor_id.in_(donors),
            Gift.received_on.between(last_year.first, last_year.last),
        )
        .order_by(Gift.donor_id, Gift.received_on, Gift.id)
    )
    gifts: dict[UUID, list[Gift]] = defaultdict(list)
    for gift in await crm.session.scalars(query):
        gifts[gift.donor_id].append(gift)
    drafts = [
        Draft(ReceiptKind.ANNUAL, gifts[donor_id], last_year)
        for donor_id in donors
        if donor_id in gifts
    ]
    if drafts:
        issued_on = min(paper.today, date(scene.today.year, 1, 20), scene.today)
        await issue(crm, paper, drafts, issued_on)


async def _returned(scene: Scene) -> None:
    for gift, reason in zip(await _recent_gifts(scene, 3), REASONS, strict=False):
        half = gift.amount / 2 if gift.amount > 100 else None
        await refund_gift(scene.crm, gift.id, half, refunded_on=scene.today, reason=reason)


async def _credited(scene: Scene) -> None:
    """Somebody is thanked for what their firm gave."""
    dice = scene.dice("credits")
    for gift in await _recent_gifts(scene, 4, [firm.id for firm in scene.firms]):
        known = dice.choice(scene.donors).person_id
        await credit_softly(scene.crm, gift.id, CreditKind.FACILITATOR, person_id=known)


async def _recent_gifts(scene: Scene, count: int, donors: list[UUID] | None = None) -> list[Gift]:
    among = [one.id for one in scene.donors] if donors is None else donors
    query = select(Gift).where(Gift.org_id == scene.crm.actor.org, Gift.donor_id.in_(among))
    latest = query.order_by(Gift.received_on.desc(), Gift.id.desc()).limit(count)
    return list(await scene.crm.session.scalars(latest))


def _months_before(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, min(day.day, 28))
