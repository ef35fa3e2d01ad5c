"""What happened with a donor, in order, once, and no more than one may see."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from crm_store.actor import Reach
from crm_store.channel import Channel, Purpose
from crm_store.contacts.remarks import write_note
from crm_store.contacts.testing import make_activity, make_note, make_person, make_tag
from crm_store.donors.happenings import Happening
from crm_store.donors.journey import move_stage
from crm_store.donors.testing import make_donor
from crm_store.errors import NotFound
from crm_store.gifts.testing import make_gift
from crm_store.outreach.models import Delivery, Outbox, OutboxKind, TrackingEvent, TrackingKind
from crm_store.tasks.models import Task, TaskStatus
from crm_store.tickets.models import Ticket

START = datetime(2025, 3, 1, 12, tzinfo=UTC)


async def eventful(crm):
    """A couple with one of everything, at known times."""
    donor = await make_donor(crm, "Ruth Cohen", couple="David Cohen")
    ruth, david = (await crm.donors.people_of([donor.id]))[donor.id]
    await make_gift(crm, donor, 180, date(2025, 3, 2))
    await make_note(crm, "Met at the gala.", person_id=ruth.id, at=START + timedelta(days=2))
    await make_activity(crm, "Call", person_id=david.id, at=START + timedelta(days=3))
    await make_activity(
        crm, "Visit", person_id=ruth.id, donor_id=donor.id, at=START + timedelta(days=4)
    )
    await move_stage(crm, donor.id, "first_contact", at=START + timedelta(days=5))
    crm.session.add(
        Task(
            title="Thank them", donor_id=donor.id, status=TaskStatus.DONE,
            completed_at=START + timedelta(days=6),
        )
    )  # fmt: skip
    await crm.flush()
    return donor


async def test_everything_is_told_once_newest_first(house):
    async with house.begin() as crm:
        donor = await eventful(crm)
        page = await crm.timeline.of_donor(donor.id)
        told = [(line.kind, line.title) for line in page.rows]
        assert told == [
            ("stage", "prospect"),
            ("task", "Thank them"),
            ("stage", "first_contact"),
            ("activity", "Visit"),
            ("activity", "Call"),
            ("note", "Note"),
            ("gift", "wire"),
        ]
        assert page.rows[-1].amount == Decimal(180)


async def test_pages_of_any_size_tell_the_same_story(house):
    async with house.begin() as crm:
        donor = await eventful(crm)
        for number in range(5):
            await make_gift(crm, donor, 10 + number, date(2025, 3, 2))
        whole = (await crm.timeline.of_donor(donor.id)).rows
        for size in (1, 2, 3, 5):
            seen, after = [], None
            while True:
                page = await crm.timeline.of_donor(donor.id, after=after, limit=size)
                seen += page.rows
                if (after := page.next) is None:
                    break
            assert [line.id for line in seen] == [line.id for line in whole]


async def test_a_person_has_a_timeline_of_their_own(house):
    async with house.begin() as crm:
        donor = await eventful(crm)
        ruth, _ = (await crm.donors.people_of([donor.id]))[donor.id]
        page = await crm.timeline.of_person(ruth.id)
        assert [line.title for line in page.rows] == ["Visit", "Note"]
        only = await crm.timeline.of_donor(donor.id, kinds=[Happening.GIFT])
        assert [line.kind for line in only.rows] == ["gift"]


async def test_what_one_may_not_read_is_left_out_and_counted(house):
    async with house.begin() as crm:
        donor = await eventful(crm)
    no_gifts = house.actor(scopes=house.director.scopes - {"gifts:read"})
    async with house.begin(no_gifts) as crm:
        page = await crm.timeline.of_donor(donor.id)
        assert "gift" not in {line.kind for line in page.rows}
        assert page.hidden == 2
    no_amounts = house.actor(scopes=house.director.scopes - {"amounts:read"})
    async with house.begin(no_amounts) as crm:
        gift = (await crm.timeline.of_donor(donor.id)).rows[-1]
        assert (gift.amount, gift.hidden) == (None, ("amount",))


async def test_the_card_tells_all_of_a_donor_at_once(house):
    async with house.begin() as crm:
        donor = await eventful(crm)
        donor.owner_id = house.director.member_id
        await make_gift(crm, donor, 20, date(2024, 3, 2))
        await make_tag(crm, "Board", donor_id=donor.id)
        await write_note(crm, "Never ring before noon.", pinned=True, donor_id=donor.id)
        crm.session.add(Task(title="Invite to Pesach", donor_id=donor.id, due_at=START))
        await crm.flush()
    async with house.begin() as crm:
        card = await crm.donors.card(donor.id)
    assert card.donor.name == "Ruth and David Cohen"
    assert card.officer == "Dana Levi"
    assert [(p.name, p.is_primary) for p in card.people] == [
        ("Ruth Cohen", True),
        ("David Cohen", False),
    ]
    assert card.people[0].identifiers[0].kind == "email"
    assert [(g.currency, g.gifts, g.total) for g in card.giving] == [("EUR", 2, Decimal(200))]
    assert [(y.fiscal_year, y.total) for y in card.years] == [
        (2025, Decimal(180)),
        (2024, Decimal(20)),
    ]
    assert [g.amount for g in card.recent_gifts] == [Decimal(180), Decimal(20)]
    assert [t.title for t in card.open_tasks] == ["Invite to Pesach"]
    assert (card.tags, card.pinned_notes) == (("Board",), ("Never ring before noon.",))
    assert card.hidden == ()


async def test_the_card_keeps_what_rights_keep(house):
    async with house.begin() as crm:
        donor = await eventful(crm)
    partly = house.actor(scopes=frozenset({"donors:read", "gifts:read"}))
    async with house.begin(partly) as crm:
        card = await crm.donors.card(donor.id)
    assert card.people == ()
    assert card.giving[0].total is None
    assert set(card.hidden) == {"address", "people", "tags", "pinned_notes", "open_tasks"}


async def test_another_house_has_no_such_donor(house, neighbour):
    async with neighbour.begin() as crm:
        donor = await eventful(crm)
        person = await make_person(crm)
    async with house.begin() as crm:
        for question in (crm.donors.card, crm.timeline.of_donor):
            with pytest.raises(NotFound, match="no such donor"):
                await question(donor.id)
        with pytest.raises(NotFound, match="no such person"):
            await crm.timeline.of_person(person.id)


async def test_a_line_of_another_record_stays_with_it(house):
    """An activity with a hidden donor is not told on the visible person's timeline."""
    async with house.begin() as crm:
        hidden = await make_donor(crm, "Dana Levi")
        person = await make_person(crm, owner_id=house.director.member_id)
        await make_activity(crm, "Secret", person_id=person.id, donor_id=hidden.id)
        await make_activity(crm, "Open", person_id=person.id)
    officer = house.actor(reach=Reach.OWN)
    async with house.begin(officer) as crm:
        page = await crm.timeline.of_person(person.id)
        assert [line.title for line in page.rows] == ["Open"]


async def test_mail_and_what_came_of_it_are_told_by_its_subject(house):
    async with house.begin() as crm:
        donor = await make_donor(crm)
        (person,) = (await crm.donors.people_of([donor.id]))[donor.id]
        mail = Outbox(
            kind=OutboxKind.RECEIPT, channel=Channel.EMAIL, purpose=Purpose.RECEIPT,
            idempotency_key="receipt-1", person_id=person.id, donor_id=donor.id,
            to_address="ruth@example.org", subject="Your receipt",
        )  # fmt: skip
        sent = Delivery(
            outbox_id=mail.id, fence=1, person_id=person.id, donor_id=donor.id,
            channel=Channel.EMAIL, purpose=Purpose.RECEIPT, to_address="ruth@example.org",
            tracking_key="k1", queued_at=START + timedelta(days=9),
        )  # fmt: skip
        events = [
            TrackingEvent(
                kind=kind, delivery_id=sent.id, person_id=person.id, is_machine=is_machine,
                at=START + timedelta(days=10 + day), link_url=url,
            )
            for day, (kind, is_machine, url) in enumerate(
                [
                    (TrackingKind.OPEN, True, None),
                    (TrackingKind.OPEN, False, None),
                    (TrackingKind.CLICK, False, "https://example.org/give"),
                ]
            )
        ]  # fmt: skip
        crm.session.add_all([mail, sent, *events])
        crm.session.add(Ticket(subject="Lost my receipt", person_id=person.id))
        await crm.flush()
        page = await crm.timeline.of_donor(donor.id)
        told = [(line.kind, line.title, line.body) for line in page.rows if line.kind != "stage"]
        assert told == [
            ("ticket", "Lost my receipt", None),
            ("link_clicked", "Your receipt", "https://example.org/give"),
            ("mail_opened", "Your receipt", None),
            ("mail_sent", "Your receipt", "ruth@example.org"),
        ]
