"""The journey every organisation begins with."""

from typing import Any

from crm_store.crm import Crm
from crm_store.donors.models import Journey


def _stage(key: str, description: str, **ways: str) -> dict[str, Any]:
    return {
        "id": key,
        "name": key.replace("_", " ").capitalize(),
        "description": description,
        "transitions": [{"to": to, "condition": condition} for to, condition in ways.items()],
    }


GRAPH: dict[str, Any] = {
    "stages": [
        _stage("prospect", "Potential donor identified",
               first_contact="Initial outreach made", lapsed="No longer a prospect"),
        _stage("first_contact", "In touch for the first time",
               cultivation="Interest shown", first_gift="A gift came unasked",
               lapsed="No answer for a year"),
        _stage("cultivation", "Getting to know each other",
               solicitation="Ready to be asked", first_gift="A gift came unasked",
               lapsed="Interest lost"),
        _stage("solicitation", "A gift has been asked for",
               first_gift="The first gift arrived", stewardship="Gave again",
               cultivation="Not yet", lapsed="Declined"),
        _stage("first_gift", "Gave for the first time",
               stewardship="Thanked within two days"),
        _stage("stewardship", "Thanked and kept informed",
               regular="Gave again within a year", major="A gift of a new order",
               solicitation="Ready to be asked again", lapsed="No gift for a year"),
        _stage("regular", "Gives year after year",
               major="A gift of a new order", stewardship="Skipped a year",
               legacy="Spoke of a bequest", lapsed="No gift for two years"),
        _stage("major", "Among the largest donors",
               stewardship="Between gifts", regular="Gives at an ordinary level again",
               legacy="Spoke of a bequest", lapsed="No gift for two years"),
        _stage("legacy", "Has promised a bequest",
               stewardship="The promise was withdrawn"),
        _stage("lapsed", "Gave or answered once, but not lately",
               cultivation="In touch again", stewardship="Gave again"),
    ]
}  # fmt: skip


async def plant(crm: Crm) -> None:
    crm.session.add(Journey(version=1, graph=GRAPH))
