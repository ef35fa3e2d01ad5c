"""Dossiers and facts for tests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from crm_store.crm import Crm
from crm_store.research.actions import add_fact, advance_dossier, complete_dossier, request_dossier
from crm_store.research.models import Dossier, DossierStatus, Fact


async def make_dossier(crm: Crm, donor_id: UUID, **found: Any) -> Dossier:
    """A finished one, when findings are given."""
    dossier = await request_dossier(crm, donor_id=donor_id)
    if found:
        await advance_dossier(crm, dossier.id, DossierStatus.SEARCHING)
        await advance_dossier(crm, dossier.id, DossierStatus.ANALYZING)
        await complete_dossier(crm, dossier.id, **found)
    return dossier


async def make_fact(
    crm: Crm, dossier_id: UUID, claim: str = "Founded Aegean Lines.", **more: Any
) -> Fact:
    quote = more.pop("quote", claim)
    return await add_fact(crm, dossier_id, claim, quote, "https://news.example/a", **more)
