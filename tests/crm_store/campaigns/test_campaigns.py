"""A campaign goes as approved, to a frozen audience, at its time or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_store.base import now
from crm_store.campaigns.actions import (
    NotADraft,
    NotReady,
    approve_campaign,
    cancel_campaign,
    change_campaign,
    change_template,
    draft_campaign,
    fill,
    freeze_audience,
    keep_asset,
    make_default_signature,
    pause_campaign,
    place_asset,
    remove_asset,
    remove_template,
    resume_campaign,
    schedule_campaign,
    start_campaign,
    use_template,
    variables_in,
    write_signature,
    write_template,
)
from crm_store.campaigns.composing import BadVariable
from crm_store.campaigns.models import AssetRole, CampaignStatus, ProviderApproval, RecipientState
from crm_store.campaigns.testing import make_campaign, make_template
from crm_store.campaigns.views import AssetView, CampaignTextView, TemplateView
from crm_store.channel import Channel
from crm_store.contacts.testing import make_person
from crm_store.errors import Conflict, Invalid

GREEK = "Αγαπητή {{given_name}}, ευχαριστούμε για τα {{ Amount }}."


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (GREEK, ["given_name", "amount"]),
        ("no variables { } {given}", []),
        ("{{a}} {{b}} {{A}}", ["a", "b"]),
        ("", []),
    ],
)
def test_variables_are_read_from_the_text(text, names):
    assert variables_in(text, None) == names


@pytest.mark.parametrize("text", ["{{}}", "{{a b}}", "{{7*7}}", "{{x.__class__()}}", "{{ 'a' }}"])
def test_anything_but_a_name_in_braces_is_refused(text):
    with pytest.raises(BadVariable):
        variables_in(text)


def test_filling_in_replaces_every_variable_and_stops_at_an_empty_one():
    assert fill(GREEK, {"given_name": "Μαρία", "AMOUNT": "20 €"}).startswith("Αγαπητή Μαρία")
    assert fill("{{a}}", {"a": "{{b}}"}) == "{{b}}"
    with pytest.raises(Invalid, match="given_name"):
        fill(GREEK, {"amount": 3, "given_name": None})


async def test_a_campaign_goes_through_its_life(crm):
    ruth = await make_person(crm)
    campaign = await draft_campaign(crm, " Spring ", subject="Spring", content="<p>Hello</p>")
    assert campaign.name == "Spring"
    with pytest.raises(NotReady, match="approved"):
        await schedule_campaign(crm, campaign.id)
    await approve_campaign(crm, campaign.id)
    with pytest.raises(NotReady, match="who this campaign is for"):
        await schedule_campaign(crm, campaign.id)
    await freeze_audience(crm, campaign.id, [ruth.id])
    later = now() + timedelta(hours=1)
    await schedule_campaign(crm, campaign.id, later)
    assert [c.id for c in await crm.campaigns.due(later)] == [campaign.id]
    assert await crm.campaigns.due(now()) == []
    with pytest.raises(NotReady, match="not time"):
        await start_campaign(crm, campaign.id)
    await start_campaign(crm, campaign.id, at=later)
    assert campaign.status is CampaignStatus.SENDING
    for change in (
        change_campaign(crm, campaign.id, subject="x"),
        approve_campaign(crm, campaign.id),
    ):
        with pytest.raises(NotADraft):
            await change


async def test_changing_the_words_takes_the_approval_back(crm):
    ruth = await make_person(crm)
    campaign = await draft_campaign(crm, "Spring", content="<p>Hello</p>")
    await freeze_audience(crm, campaign.id, [ruth.id])
    await approve_campaign(crm, campaign.id)
    await change_campaign(crm, campaign.id, subject="Other")
    assert campaign.approved_at is None
    await approve_campaign(crm, campaign.id)
    campaign.content = "<p>Slipped in</p>"
    with pytest.raises(NotReady):
        await schedule_campaign(crm, campaign.id)
    with pytest.raises(Invalid):
        await change_campaign(crm, campaign.id, status="sent")


async def test_a_campaign_whose_time_went_by_is_not_sent(crm):
    ruth = await make_person(crm)
    campaign = await draft_campaign(crm, "Spring", content="<p>Hello</p>")
    await approve_campaign(crm, campaign.id)
    await freeze_audience(crm, campaign.id, [ruth.id])
    await schedule_campaign(crm, campaign.id)
    await start_campaign(crm, campaign.id, at=now() + timedelta(days=8))
    assert campaign.status is CampaignStatus.PAUSED
    assert campaign.pause_reason == "Its time went by before it could be sent."
    await resume_campaign(crm, campaign.id, expires_at=now() + timedelta(days=9))
    assert campaign.status is CampaignStatus.SCHEDULED


async def test_pausing_and_resuming_returns_to_where_it_was(crm):
    campaign = await make_campaign(crm, people=[(await make_person(crm)).id])
    await pause_campaign(crm, campaign.id, "The link is wrong.")
    with pytest.raises(Conflict):
        await pause_campaign(crm, campaign.id)
    await resume_campaign(crm, campaign.id)
    assert (campaign.status, campaign.pause_reason) == (CampaignStatus.SENDING, None)
    with pytest.raises(Conflict):
        await resume_campaign(crm, campaign.id)


async def test_cancelling_stops_everybody_still_waiting(crm):
    campaign = await make_campaign(crm, people=[(await make_person(crm)).id])
    await cancel_campaign(crm, campaign.id)
    page = await crm.campaign_recipients.of(campaign.id)
    assert {row.state for row in page.rows} == {RecipientState.CANCELLED}
    with pytest.raises(Conflict):
        await cancel_campaign(crm, campaign.id)


async def test_a_campaign_begins_from_a_template_and_counts_its_use(crm):
    template = await make_template(crm, subject="Hello {{given_name}}")
    campaign = await draft_campaign(crm, "Spring", template_id=template.id)
    assert campaign.subject == "Hello {{given_name}}"
    assert template.usage_count == 1
    await use_template(crm, template.id)
    assert next(t.name for t in await crm.templates.usable()) == "Spring"
    assert TemplateView.of(template).variables == ["given_name", "informal_name"]
    assert CampaignTextView.of(campaign).content == template.content


async def test_a_template_is_found_in_the_language_asked_for(crm):
    await make_template(crm, "Thanks", language="el", content="Ευχαριστώ")
    await make_template(crm, "Thanks", language="he", content="תודה")
    assert (await crm.templates.named("Thanks", "he")).content == "תודה"
    assert (await crm.templates.named("Thanks", "fr")).language == "el"
    with pytest.raises(Conflict):
        await make_template(crm, "Thanks", language="el")


async def test_new_words_for_whatsapp_must_be_approved_again(crm):
    template = await write_template(
        crm,
        "Reminder",
        "Your pledge",
        channel=Channel.WHATSAPP,
        provider_content_sid="HX1",
        provider_approval=ProviderApproval.APPROVED,
    )
    await change_template(crm, template.id, category="reminder")
    assert template.provider_approval is ProviderApproval.APPROVED
    await change_template(crm, template.id, content="Your {{kind}} pledge")
    assert template.provider_approval is ProviderApproval.SUBMITTED
    assert (template.provider_content_sid, template.variables) == (None, ["kind"])


async def test_a_removed_template_is_no_longer_offered(crm):
    template = await make_template(crm)
    await remove_template(crm, template.id)
    assert "Spring" not in {t.name for t in await crm.templates.usable()}
    await make_template(crm)


async def test_every_organisation_begins_with_a_welcome(crm):
    welcome = await crm.templates.named("Welcome")
    assert variables_in(welcome.subject, welcome.content) == welcome.variables


async def test_there_is_one_default_signature_for_each(crm):
    first = await write_signature(crm, "House", "<p>Harbour Light</p>", is_default=True)
    mine = await write_signature(
        crm, "Dana", "<p>Dana</p>", member_id=crm.actor.member_id, is_default=True
    )
    second = await write_signature(crm, "New", "<p>HL</p>", is_default=True)
    assert (first.is_default, second.is_default) == (False, True)
    assert (await crm.signatures.default_of(crm.actor.member_id)).id == mine.id
    assert (await crm.signatures.default_of(None)).id == second.id
    await make_default_signature(crm, first.id)
    assert (await crm.signatures.default_of(None)).id == first.id


async def test_the_same_file_is_kept_once(crm):
    first = await keep_asset(crm, "a.png", "image/png", data=b"png", width=10, height=20)
    again = await keep_asset(crm, "b.png", "IMAGE/PNG", data=b"png")
    assert again.id == first.id
    assert await crm.assets.data_of(first.id) == b"png"
    assert AssetView.of(first).width == 10
    await remove_asset(crm, first.id)
    assert (await keep_asset(crm, "a.png", "image/png", data=b"png")).id != first.id
    for facts in ({}, {"blob_path": "x"}, {"data": b"x" * (10 * 1024 * 1024 + 1)}):
        with pytest.raises(Invalid):
            await keep_asset(crm, "a.png", "image/png", **facts)


async def test_files_stand_in_their_order_and_only_pictures_in_the_text(crm):
    campaign = await make_campaign(crm)
    picture = await keep_asset(crm, "a.png", "image/png", data=b"1")
    letter = await keep_asset(crm, "a.pdf", "application/pdf", data=b"2")
    await place_asset(crm, campaign.id, letter.id, role=AssetRole.ATTACHMENT)
    await place_asset(crm, campaign.id, picture.id)
    assert [(a.asset_id, a.sort_order) for a in await crm.campaign_assets.of(campaign.id)] == [
        (letter.id, 0),
        (picture.id, 1),
    ]
    with pytest.raises(Invalid):
        await place_asset(crm, campaign.id, letter.id)
