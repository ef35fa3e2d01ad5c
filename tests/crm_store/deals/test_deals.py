from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from crm_store.actor import Reach
from crm_store.base import new_id
from crm_store.deals.actions import (
    IsDecided,
    NeedsReason,
    NoSuchStage,
    create_deal,
    delete_deal,
    edit_deal,
    lose_deal,
    move_deal,
    reopen_deal,
    reprice_deal,
    win_deal,
)
from crm_store.deals.catalogue import create_offer
from crm_store.deals.models import DealStatus, DiscountKind
from crm_store.deals.testing import make_deal, make_product
from crm_store.deals.views import BoardView, DealView, StageMoveView
from crm_store.errors import Invalid, NotFound, NotVisible, Refused

MONDAY = datetime(2026, 6, 1, 9, tzinfo=UTC)


async def stages(crm):
    """The default pipeline's stages by name."""
    pipeline = await crm.pipelines.default()
    return {stage.name: stage for stage in await crm.stages.of(pipeline.id)}


async def test_a_deal_begins_where_the_default_pipeline_begins(crm):
    deal = await create_deal(crm, "Sponsorship", value="1250.50")
    first = (await stages(crm))["New"]
    assert (deal.stage_id, deal.probability) == (first.id, 10)
    assert (deal.value, deal.currency) == (Decimal("1250.50"), "EUR")
    assert deal.weighted == Decimal("125.05")


async def test_moving_a_deal_takes_the_chance_of_its_new_stage(crm):
    deal = await make_deal(crm)
    await move_deal(crm, deal.id, (await stages(crm))["Proposal"].id)
    assert deal.probability == 50


async def test_a_chance_somebody_set_stays_when_the_deal_moves(crm):
    deal = await make_deal(crm)
    await edit_deal(crm, deal.id, probability=90)
    await move_deal(crm, deal.id, (await stages(crm))["Proposal"].id)
    assert deal.probability == 90


async def test_every_move_is_kept_with_the_time_spent_in_the_stage_before(crm):
    named = await stages(crm)
    deal = await make_deal(crm, at=MONDAY)
    await move_deal(crm, deal.id, named["Qualified"].id, at=MONDAY + timedelta(days=2))
    await lose_deal(crm, deal.id, "No budget.", at=MONDAY + timedelta(days=3))
    moves = await crm.stage_moves.of(deal.id)
    assert [(move.from_stage_id, move.to_stage_id) for move in moves] == [
        (None, named["New"].id),
        (named["New"].id, named["Qualified"].id),
        (named["Qualified"].id, named["Lost"].id),
    ]
    assert [move.seconds_in_stage for move in moves] == [None, 2 * 86400, 86400]
    assert [move.moved_at for move in moves] == [
        MONDAY, MONDAY + timedelta(days=2), MONDAY + timedelta(days=3),
    ]  # fmt: skip
    assert (moves[-1].reason, moves[-1].status) == ("No budget.", DealStatus.LOST)
    assert {move.moved_by_id for move in moves} == {crm.actor.member_id}
    assert StageMoveView.of(moves[1]).seconds_in_stage == 2 * 86400
    pipeline = await crm.pipelines.default()
    assert await crm.stage_moves.seconds_in_stage(pipeline.id) == {
        named["New"].id: 2 * 86400,
        named["Qualified"].id: 86400,
    }


async def test_a_statement_that_goes_past_the_verbs_is_kept_too(crm):
    named = await stages(crm)
    deal = await make_deal(crm, at=MONDAY)
    await crm.session.execute(
        text("UPDATE deals SET stage_id = :stage WHERE id = :id"),
        {"stage": named["Negotiation"].id, "id": deal.id},
    )
    moves = await crm.stage_moves.of(deal.id)
    assert moves[-1].to_stage_id == named["Negotiation"].id
    assert moves[-1].seconds_in_stage > 0
    await crm.session.refresh(deal)
    assert deal.stage_since > MONDAY


@pytest.mark.parametrize(
    "statement", ["DELETE FROM stage_moves", "UPDATE stage_moves SET reason = 'x'"]
)
async def test_nobody_can_rewrite_where_a_deal_has_been(house, statement):
    async with house.begin() as crm:
        await make_deal(crm)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with house.begin() as crm:
            await crm.session.execute(text(statement))


async def test_a_deal_is_lost_for_a_reason(crm):
    deal = await make_deal(crm)
    for reason in ("", "  "):
        with pytest.raises(NeedsReason):
            await lose_deal(crm, deal.id, reason)
    with pytest.raises(NeedsReason):
        await move_deal(crm, deal.id, (await stages(crm))["Lost"].id)


async def test_moving_a_deal_to_the_stage_for_it_wins_it(crm):
    deal = await make_deal(crm)
    await move_deal(crm, deal.id, (await stages(crm))["Won"].id, reason="They loved it.", at=MONDAY)
    assert (deal.status, deal.closed_at, deal.probability) == (DealStatus.WON, MONDAY, 100)
    assert deal.close_reason == "They loved it."


async def test_a_decided_deal_is_decided_until_it_is_reopened(crm):
    named = await stages(crm)
    deal = await make_deal(crm)
    await move_deal(crm, deal.id, named["Proposal"].id)
    await win_deal(crm, deal.id)
    for attempt in (
        win_deal(crm, deal.id),
        lose_deal(crm, deal.id, "Changed their mind."),
        move_deal(crm, deal.id, named["New"].id),
    ):
        with pytest.raises(IsDecided):
            await attempt
    await reopen_deal(crm, deal.id)
    assert (deal.status, deal.stage_id) == (DealStatus.OPEN, named["Proposal"].id)
    assert (deal.closed_at, deal.close_reason, deal.probability) == (None, None, 50)
    with pytest.raises(NoSuchStage):
        await win_deal(crm, deal.id)
        await reopen_deal(crm, deal.id, stage_id=named["Lost"].id)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": "won"}, "status"),
        ({"probability": 101}, "0 to 100"),
        ({"value": "-1"}, "nothing or more"),
        ({"value": "1.001"}, "decimal places"),
        ({"currency": "XYZ"}, "no currency"),
        ({"name": " "}, "name"),
    ],
)
async def test_what_makes_no_sense_is_refused(crm, changes, why):
    deal = await make_deal(crm)
    with pytest.raises(Invalid, match=why):
        await edit_deal(crm, deal.id, **changes)


async def test_a_product_gives_a_deal_its_price_after_the_best_offer(crm):
    table = await make_product(crm, price="400")
    await create_offer(crm, table.id, "Ten off", DiscountKind.PERCENTAGE, 10)
    company = await create_offer(
        crm, table.id, "Companies", DiscountKind.FIXED_AMOUNT, 100,
        conditions={"buyers": ["company"]},
    )  # fmt: skip
    deal = await create_deal(crm, "Two tables", product_id=table.id, quantity=2)
    assert (deal.value, deal.quantity) == (Decimal("720"), 2)
    named = await create_deal(crm, "A favour", product_id=table.id, value=5)
    assert (named.value, named.offer_id) == (Decimal(5), None)
    assert company.id != deal.offer_id
    await reprice_deal(crm, named.id, quantity=3)
    assert named.value == Decimal("1080")
    with pytest.raises(Invalid):
        await reprice_deal(crm, (await make_deal(crm)).id)


async def test_a_deal_is_not_opened_with_what_it_only_comes_to(crm):
    for odd in ({"status": "won"}, {"closed_at": MONDAY}, {"colour": "red"}):
        with pytest.raises(Invalid):
            await make_deal(crm, **odd)


async def test_a_deal_points_only_at_what_is_there(house, neighbour):
    async with neighbour.begin() as crm:
        foreign = await make_product(crm)
        theirs = await make_deal(crm)
    async with house.begin() as crm:
        for missing in (foreign.id, new_id()):
            with pytest.raises(NotFound, match="There is no such product"):
                await create_deal(crm, "Odd", product_id=missing)
        for missing in (theirs.stage_id, new_id()):
            with pytest.raises(NotFound, match="There is no such stage"):
                await create_deal(crm, "Odd", stage_id=missing)
        for missing in (theirs.id, new_id()):
            with pytest.raises(NotFound, match="There is no such deal"):
                await win_deal(crm, missing)
            assert await crm.stage_moves.of(missing) == []


async def test_the_board_shows_each_stage_with_its_worth_in_one_query(crm):
    named = await stages(crm)
    for value, currency, stage in (
        (1000, "EUR", "New"),
        (500, "EUR", "New"),
        (300, "USD", "New"),
        (2000, "EUR", "Negotiation"),
    ):
        await make_deal(crm, value=value, currency=currency, stage_id=named[stage].id)
    won = await make_deal(crm)
    await win_deal(crm, won.id)
    await delete_deal(crm, (await make_deal(crm)).id)
    asked = []
    engine = crm.session.get_bind()
    listen = lambda *call: asked.append(call[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    board = await crm.deals.board((await crm.pipelines.default()).id)
    event.remove(engine, "before_cursor_execute", listen)
    assert sum("LATERAL" in statement for statement in asked) == 1
    columns = {column.stage.name: column for column in board.columns}
    assert list(columns) == ["New", "Qualified", "Proposal", "Negotiation", "Won", "Lost"]
    worth = {one.currency: one for one in columns["New"].worth}
    assert (worth["EUR"].deals, worth["EUR"].value) == (2, Decimal(1500))
    assert (worth["EUR"].weighted, worth["USD"].weighted) == (Decimal(150), Decimal(30))
    assert (columns["New"].count, columns["Won"].count) == (3, 0)
    whole = {one.currency: (one.deals, one.value, one.weighted) for one in board.worth}
    assert whole == {"EUR": (3, 3500, 1650), "USD": (1, 300, 30)}


async def test_a_column_lists_those_that_wait_longest_and_counts_them_all(crm):
    names = []
    for day in range(5):
        names.append((await make_deal(crm, f"Deal {day}", at=MONDAY - timedelta(days=day))).name)
    board = await crm.deals.board((await crm.pipelines.default()).id, per_stage=2)
    assert [deal.name for deal in board.columns[0].deals] == ["Deal 4", "Deal 3"]
    assert board.columns[0].count == 5


async def test_the_board_says_how_much_of_it_is_not_visible(house):
    async with house.begin() as crm:
        await make_deal(crm, "Theirs", value=700)
        mine = await make_deal(crm, "Mine", owner_id=house.director.member_id)
        watched = await make_deal(crm, "Watched", supervisor_id=house.director.member_id)
        pipeline = await crm.pipelines.default()
    limited = house.actor(reach=Reach.OWN, scopes=frozenset({"deals:read"}))
    async with house.begin(limited) as crm:
        board = await crm.deals.board(pipeline.id)
        shown = BoardView.from_board(board, crm.actor)
        assert [deal.id for deal in board.columns[0].deals] == [mine.id, watched.id]
        assert (board.hidden, board.columns[0].count) == (1, 2)
        assert (shown.not_visible, shown.columns[0].not_visible) == (1, 1)
        assert shown.worth[0].value is None
        assert shown.worth[0].hidden == ("value", "weighted")
        assert shown.columns[0].deals[0].hidden == ("value",)


async def test_a_foreign_pipeline_and_a_missing_one_have_no_board(house, neighbour):
    async with neighbour.begin() as crm:
        foreign = (await crm.pipelines.default()).id
        await make_deal(crm)
    async with house.begin() as crm:
        for missing in (foreign, new_id()):
            assert (await crm.deals.board(missing)).columns == []


async def test_those_who_see_only_their_own_see_nothing_of_other_deals(house):
    async with house.begin() as crm:
        theirs = await make_deal(crm)
    async with house.begin(house.actor(reach=Reach.OWN)) as crm:
        with pytest.raises(NotVisible):
            await crm.deals.get(theirs.id)
        assert await crm.stage_moves.of(theirs.id) == []
        assert await crm.deals.forecast(date(2026, 1, 1), date(2030, 1, 1)) == []
        assert (await crm.deals.newest()).hidden == 1


async def test_without_the_right_nothing_is_changed(house):
    async with house.begin() as crm:
        deal = await make_deal(crm)
    for attempt in (
        lambda crm: win_deal(crm, deal.id),
        lambda crm: make_deal(crm),
        lambda crm: make_product(crm),
    ):
        with pytest.raises(Refused):
            async with house.begin(house.actor(scopes=frozenset({"deals:read"}))) as crm:
                await attempt(crm)


async def test_the_forecast_weighs_each_month_in_its_currency(crm):
    named = await stages(crm)
    for value, day in ((1000, 3), (500, 28)):
        await make_deal(
            crm, value=value, expected_close_on=date(2026, 7, day), stage_id=named["Proposal"].id
        )
    await make_deal(crm, value=50, currency="USD", expected_close_on=date(2026, 7, 9))
    await make_deal(crm, expected_close_on=date(2026, 9, 1))
    await make_deal(crm)
    assert await crm.deals.forecast(date(2026, 7, 1), date(2026, 7, 31)) == [
        (date(2026, 7, 1), "EUR", Decimal(1500), Decimal(750)),
        (date(2026, 7, 1), "USD", Decimal(50), Decimal(5)),
    ]


async def test_deals_that_stand_still_are_found(crm):
    old = await make_deal(crm, at=MONDAY)
    await make_deal(crm, at=MONDAY + timedelta(days=20))
    assert [deal.id for deal in await crm.deals.stale(MONDAY + timedelta(days=10))] == [old.id]


async def test_a_view_carries_the_name_of_the_stage(crm):
    deal = await make_deal(crm, "Γεύμα 🎉")
    view = DealView.of(deal, stage="New")
    assert (view.name, view.stage, view.value) == ("Γεύμα 🎉", "New", Decimal(1000))
