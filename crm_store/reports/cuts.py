"""Where the value of a dimension stands, seen from the rows of a fact."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, literal

from crm_store.contacts.models import Address
from crm_store.donors.models import Donor
from crm_store.gifts.models import Gift
from crm_store.reports.dimensions import SIZES
from crm_store.reports.facts import Cut, linked


def donor_cuts(donor_id: Any) -> dict[str, Cut]:
    """All that is known of a donor, for facts that name one."""
    known = () if donor_id is Donor.id else (linked(Donor, donor_id),)
    address = linked(Address, Donor.address_id)
    return {
        "donor": Cut(donor_id),
        "officer": Cut(Donor.owner_id, known),
        "workspace": Cut(Donor.workspace_id, known),
        "city": Cut(_filled(Donor.city_key), known),
        "country": Cut(Address.country, (*known, address)),
        "journey_stage": Cut(Donor.journey_stage, known),
        "classification": Cut(Donor.classification, known),
        "donor_type": Cut(Donor.kind, known),
        "capacity": Cut(Donor.capacity, known),
    }


def owner_cuts(model: Any) -> dict[str, Cut]:
    return {"officer": Cut(model.owner_id), "workspace": Cut(model.workspace_id)}


def purpose_cuts(model: Any) -> dict[str, Cut]:
    """What money is for and what it answers."""
    return {
        "fund": Cut(model.fund_id),
        "project": Cut(model.project_id),
        "appeal": Cut(model.appeal_id),
    }


def size_of(amount: Any) -> Any:
    """The lower bound of the band an amount falls into."""
    bands = [(amount >= low, low) for low in reversed(SIZES)]
    return case(*((condition, literal(low)) for condition, low in bands), else_=literal(0))


GIFT_CUTS: dict[str, Cut] = {
    **purpose_cuts(Gift),
    "gift_method": Cut(Gift.method),
    "gift_kind": Cut(
        case(
            (Gift.recurring_plan_id.is_not(None), "recurring"),
            (Gift.instalment_id.is_not(None), "pledge"),
            else_="single",
        )
    ),
    "gift_size": Cut(size_of(Gift.amount)),
    "currency": Cut(Gift.currency),
}


def _filled(text: Any) -> Any:
    return case((text != "", text))
