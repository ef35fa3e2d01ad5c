"""Donors as segments tell them: who fits a filter, and who is in which saved segment."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.donors.models import Donor
from crm_store.reports.facts import Condition
from crm_store.reports.plan import ORG
from crm_store.segments.models import SegmentMember


class Audience:
    def __init__(self) -> None:
        self.memberships = (
            select(SegmentMember.segment_id, SegmentMember.donor_id)
            .where(SegmentMember.org_id == ORG, SegmentMember.donor_id.is_not(None))
            .subquery("memberships")
        )

    @classmethod
    async def of(cls, session: AsyncSession) -> Audience:
        return cls()

    def in_segments(self, ids: Any) -> Condition:
        members = self.memberships.c
        return Donor.id.in_(select(members.donor_id).where(members.segment_id.in_(ids)))

    def words(self, wanted: Any) -> str:
        raise NotImplementedError

    def fitting(self, wanted: Any) -> Condition:
        raise NotImplementedError
