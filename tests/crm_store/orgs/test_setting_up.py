"""What a new organisation begins with, and what it may decide for itself."""

import contextlib
import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from crm_store.actor import DatabaseRole
from crm_store.errors import Invalid, NotFound, Refused
from crm_store.identity.models import Member
from crm_store.identity.testing import actor_of, make_member, make_user
from crm_store.orgs import actions, custom_fields
from crm_store.orgs.custom_fields import FieldTaken, WrongValue, checked
from crm_store.orgs.models import CustomField, FieldNoun, FieldType, Workspace
from crm_store.orgs.views import CustomFieldView, OrgView, WorkspaceView
from crm_store.testing import new_house

ON = ["dashboard", "sales", "conversation", "ai_agent"]
OFF = ["ticketing", "workflow", "campaign", "reports"]


async def test_a_new_organisation_has_a_director_a_workspace_and_defaults(house):
    async with house.begin() as crm:
        org, me = await crm.orgs.current(), await crm.members.me()
        (workspace,) = await crm.workspaces.ordered()
        assert me.workspace_id == workspace.id
        shown = OrgView.of(org)
    assert (shown.name, shown.currency, shown.fiscal_year_starts) == ("Harbour Light", "EUR", 1)
    assert shown.slug.startswith("harbour-light-")


async def test_a_directors_account_is_used_again(store):
    user = await make_user(store)
    for name in ("One", "Two"):
        founded = await actions.found_org(
            store, name=name, director_name="Dana", director_email=user.email.upper()
        )
        assert founded.director.user_id == user.id


async def test_what_is_said_at_founding_holds(store):
    founded = await actions.found_org(
        store, name="בית אור", director_name="Dana", currency="ILS", timezone="Asia/Jerusalem"
    )
    async with store.begin(founded.director) as crm:
        org = await crm.orgs.current()
    assert (org.name, org.currency, org.timezone) == ("בית אור", "ILS", "Asia/Jerusalem")


@pytest.mark.parametrize(
    ("name", "start"),
    [("Beit Or!", "beit-or-"), ("Φως", "fos-"), ("🌊", "org-"), ("", "org-"), ("x" * 300, "xxx")],
)
async def test_an_address_is_made_of_any_name(store, name, start):
    founded = await actions.found_org(store, name=name, director_name="Dana")
    async with store.begin(founded.director) as crm:
        org = await crm.orgs.current()
    assert org.slug.startswith(start)
    assert re.fullmatch(r"[a-z0-9-]{3,63}", org.slug)


async def test_founding_takes_few_statements(store):
    """Every test founds an organisation, so what each domain plants must stay cheap."""
    asked = []
    engine = store._engines[DatabaseRole.STAFF].sync_engine
    event.listen(engine, "before_cursor_execute", lambda *about: asked.append(about[2]))
    await new_house(store)
    assert 10 < len(asked) < 45


async def test_founding_is_on_record(house):
    async with house.begin() as crm:
        (change,) = await crm.audit.of_row(house.org_id)
    assert (change.entry.action, change.entry.actor_kind) == ("created", "system")
    assert change.changes["name"] == {"after": "Harbour Light"}


async def test_four_features_are_on_and_four_wait(house):
    async with house.begin() as crm:
        assert await crm.orgs.features() == dict.fromkeys(ON, True) | dict.fromkeys(OFF, False)
        assert not await crm.orgs.has("campaign")
        await actions.switch_feature(crm, "campaign", True)
        await actions.switch_feature(crm, "sales", False)
        assert await crm.orgs.has("campaign")
        assert not await crm.orgs.has("sales")
        with pytest.raises(NotFound):
            await actions.switch_feature(crm, "telepathy", True)
        assert not await crm.orgs.has("telepathy")


async def test_settings_are_kept_by_key(house, neighbour):
    async with house.begin() as crm:
        for value in ("a", {"deep": [1, None, "γ"]}, False, None, 0):
            await actions.set_setting(crm, "receipts.footer", value)
            assert await crm.orgs.setting("receipts.footer", "default") == value
        await actions.set_setting(crm, "other", "x")
        assert await crm.orgs.settings() == {"other": "x", "receipts.footer": 0}
        await actions.forget_setting(crm, "receipts.footer")
        await actions.forget_setting(crm, "receipts.footer")
        assert await crm.orgs.setting("receipts.footer", "default") == "default"
    async with neighbour.begin() as crm:
        assert await crm.orgs.settings() == {}


async def test_an_organisation_changes_what_it_is_called_and_counts_in(house):
    async with house.begin() as crm:
        await actions.update_org(
            crm, name="Lighthouse", currency="ILS", timezone="Asia/Jerusalem", locale="he-IL",
            fiscal_year_starts=4, website_url="https://lighthouse.example", tax_id="580123456",
        )  # fmt: skip
    async with house.begin() as crm:
        assert OrgView.of(await crm.orgs.current()).tax_id == "580123456"
        changes = await crm.audit.of_row(house.org_id)
    assert changes[0].changes["currency"] == {"before": "EUR", "after": "ILS"}


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "eur"}, {"currency": "XXZ"}, {"timezone": "Mars/Olympus"},
        {"locale": "xx-yy-zz"}, {"locale": ""}, {"name": "  "}, {"slug": "Not A Slug"},
        {"fiscal_year_starts": 13}, {"fiscal_year_starts": 0}, {"subdomain": "a.b"},
        {"website_url": "javascript:alert(1)"}, {"id": None},
        {"subscription_tier": "gold"}, {"colour": "red"},
    ],
)  # fmt: skip
async def test_what_makes_no_sense_for_an_organisation_is_refused(crm, change):
    with pytest.raises(Invalid):
        await actions.update_org(crm, **change)


async def test_only_those_who_run_the_organisation_change_it(house):
    agent = await actor_of(house, await make_member(house))
    async with house.begin(agent) as crm:
        assert (await crm.orgs.current()).name == "Harbour Light"
        for change in (
            actions.update_org(crm, name="Mine"),
            actions.switch_feature(crm, "campaign", True),
            actions.set_setting(crm, "a", 1),
        ):
            with pytest.raises(Refused):
                await change
    with pytest.raises(Refused):
        async with house.begin(agent) as crm:
            (await crm.orgs.current()).name = "Mine"


async def test_workspaces_have_names_of_their_own(house, neighbour):
    async with house.begin() as crm:
        north = await actions.create_workspace(crm, " North ", "The branch in Haifa")
        with pytest.raises(actions.NameTaken):
            await actions.create_workspace(crm, "North")
        await actions.rename_workspace(crm, north.id, "Haifa")
        assert WorkspaceView.of(await crm.workspaces.by_name("haifa")).id == north.id
        with pytest.raises(Invalid):
            await actions.create_workspace(crm, " ")
    async with neighbour.begin() as crm:
        assert await actions.create_workspace(crm, "Haifa")
        with pytest.raises(NotFound):
            await actions.rename_workspace(crm, north.id, "Ours")
        assert await crm.session.get(Workspace, (house.org_id, north.id)) is None
        assert len(await crm.members.all()) == len([m async for m in _members(crm)])


async def _members(crm):
    for member in await crm.session.scalars(select(Member)):
        yield member


def field(type, *options, is_required=False):
    return CustomField(
        noun=FieldNoun.DONOR, name="f", label="Field", type=type, options=list(options),
        is_required=is_required,
    )  # fmt: skip


async def test_fields_of_ones_own_are_defined_once_and_listed_in_order(crm):
    diet = await custom_fields.define_field(
        crm, FieldNoun.DONOR, "diet", "Diet", FieldType.SELECT,
        options=["Kosher", " Vegan ", "kosher"], sort_order=2,
    )  # fmt: skip
    assert diet.options == ["kosher", "Vegan"]
    await custom_fields.define_field(crm, FieldNoun.DONOR, "since", "Since", FieldType.DATE)
    await custom_fields.define_field(crm, FieldNoun.GIFT, "diet", "Diet", FieldType.TEXT)
    names = [each.name for each in await crm.custom_fields.of(FieldNoun.DONOR)]
    assert names == ["since", "diet"]
    with pytest.raises(FieldTaken):
        await custom_fields.define_field(crm, FieldNoun.DONOR, "diet", "Diet", FieldType.TEXT)
    await custom_fields.change_field(crm, diet.id, is_active=False, options=["Any"])
    assert CustomFieldView.of(diet).options == ["Any"]
    assert [each.name for each in await crm.custom_fields.of(FieldNoun.DONOR)] == ["since"]
    assert (await crm.custom_fields.by_name(FieldNoun.DONOR, "diet")).id == diet.id


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Has Spaces"}, {"name": ""}, {"label": " "}, {"type": FieldType.SELECT},
        {"options": ["one"]}, {"type": FieldType.MULTISELECT, "options": [" "]},
    ],
)  # fmt: skip
async def test_a_field_that_makes_no_sense_is_refused(crm, wrong):
    facts = {"name": "size", "label": "Size", "type": FieldType.TEXT, **wrong}
    with pytest.raises(Invalid):
        await custom_fields.define_field(crm, FieldNoun.LEAD, **facts)


@pytest.mark.parametrize(
    ("made", "given", "kept"),
    [
        (field(FieldType.TEXT), " ζωή ", "ζωή"),
        (field(FieldType.NUMBER), "12.50", "12.5"),
        (field(FieldType.NUMBER), 1000, "1000"),
        (field(FieldType.NUMBER), "-0.00", "0"),
        (field(FieldType.NUMBER), Decimal("0.10"), "0.1"),
        (field(FieldType.NUMBER), 0.1, "0.1"),
        (field(FieldType.DATE), "2025-02-28", "2025-02-28"),
        (field(FieldType.DATE), date(2025, 2, 28), "2025-02-28"),
        (field(FieldType.SELECT, "Kosher", "Vegan"), "vegan", "Vegan"),
        (field(FieldType.MULTISELECT, "A", "B"), "b, a, B", ["B", "A"]),
        (field(FieldType.MULTISELECT, "A", "B"), ["A"], ["A"]),
        (field(FieldType.CHECKBOX), "Yes", True),
        (field(FieldType.CHECKBOX), "", False),
        (field(FieldType.CHECKBOX), False, False),
        (field(FieldType.TEXT), "", None),
        (field(FieldType.DATE), None, None),
    ],
)
def test_values_are_kept_as_their_type(made, given, kept):
    assert checked(made, given) == kept


@pytest.mark.parametrize(
    ("made", "given"),
    [
        (field(FieldType.NUMBER), "twelve"),
        (field(FieldType.NUMBER), "NaN"),
        (field(FieldType.NUMBER), "Infinity"),
        (field(FieldType.NUMBER), True),
        (field(FieldType.NUMBER), "1e999999999"),
        (field(FieldType.NUMBER), "1e-999999999"),
        (field(FieldType.DATE), "2025-02-30"),
        (field(FieldType.DATE), "yesterday"),
        (field(FieldType.SELECT, "Kosher"), "Halal"),
        (field(FieldType.MULTISELECT, "A"), ["A", "C"]),
        (field(FieldType.CHECKBOX), "perhaps"),
        (field(FieldType.TEXT), 5),
        (field(FieldType.TEXT, is_required=True), ""),
        (field(FieldType.NUMBER, is_required=True), None),
    ],
)
def test_values_of_another_type_are_refused(made, given):
    with pytest.raises(WrongValue, match="Field"):
        checked(made, given)


@settings(max_examples=50, deadline=None)
@given(st.decimals(-(10**30), 10**30, places=4))
def test_no_digit_of_a_number_is_lost(number):
    assert Decimal(checked(field(FieldType.NUMBER), number)) == number


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(FieldType), st.text() | st.integers() | st.booleans() | st.none())
def test_any_value_is_kept_for_good_or_refused(type, value):
    options = ["A", "B"] if type in custom_fields.CHOICES else []
    made = field(type, *options)
    with contextlib.suppress(WrongValue):
        kept = checked(made, value)
        assert kept is None or checked(made, kept) == kept
