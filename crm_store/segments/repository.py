"""Questions about segments and about whoever a filter means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, func, text

from crm_store.actor import Reach
from crm_store.contacts.models import Person
from crm_store.contacts.repository import PersonRepository
from crm_store.donors.models import DonorPerson
from crm_store.donors.repository import DonorRepository
from crm_store.errors import NotFound
from crm_store.repository import Page, Repository
from crm_store.search.text import fold
from crm_store.segments import comparing, giving, standing
from crm_store.segments.compiling import MODELS, Compiler
from crm_store.segments.language import InSegment, Node, read_filter
from crm_store.segments.models import Segment, Subject
from crm_store.segments.resolving import Setting, resolve, setting_of
from crm_store.segments.scopes import needed
from crm_store.segments.values import unknown
from crm_store.segments.views import Preview
from crm_store.segments.wording import describe

SPOKEN = (comparing, giving, standing)
SAMPLE = 5
ROOMY = text("SELECT set_config('work_mem', '64MB', true)")
REPOSITORIES: dict[Subject, type[Repository[Any]]] = {
    Subject.DONORS: DonorRepository,
    Subject.PEOPLE: PersonRepository,
}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many may be seen, and how many more there are."""

    visible: int
    hidden: int = 0

    @property
    def total(self) -> int:
        return self.visible + self.hidden


class SegmentRepository(Repository[Segment]):
    model = Segment

    async def by_name(self, name: str) -> Segment:
        """By its name as somebody would say it."""
        segments = await self.all(self.rows().order_by(Segment.name))
        for segment in segments:
            if fold(segment.name) == fold(name):
                return segment
        raise NotFound(unknown("segment", name, [segment.name for segment in segments]))

    async def setting(self, today: date | None = None) -> Setting:
        return await setting_of(self.session, self.actor, today)

    async def condition(
        self,
        node: Node,
        subject: Subject = Subject.DONORS,
        *,
        today: date | None = None,
        whoever: bool = False,
    ) -> ColumnElement[bool]:
        """The filter as a condition on donors or people, for any question that starts from them.

        whoever: as if the asker could see everybody; only for counting what they cannot.
        """
        setting = await self.setting(today)
        known = await resolve(self.session, setting, node)
        reach = None if whoever or self.actor.reach is Reach.ALL else self.actor
        return Compiler(setting, known, reach).condition(node, subject)

    def may_ask(self, node: Node, subject: Subject) -> None:
        """An answer tells what it was asked about, so that must be theirs to read."""
        for scope in sorted(needed(node, subject)):
            self.actor.need(scope)

    async def matching(
        self, node: Node, subject: Subject = Subject.DONORS, *, today: date | None = None
    ) -> Select[Any]:
        """The ids of all who fit and may be seen."""
        model = MODELS[subject]
        condition = await self.condition(node, subject, today=today)
        return self._of(subject).rows().where(condition).with_only_columns(model.id)

    async def members(self, segment: Segment) -> Select[Any]:
        """The ids of a segment's members that may be seen, in the segment's own subject."""
        return await self.matching(InSegment(segment=str(segment.id)), segment.subject)

    async def people(self, segment: Segment) -> Select[Any]:
        """The ids of the people to write to: the members, or those who make up the donors."""
        ids = await self.members(segment)
        if segment.subject is Subject.PEOPLE:
            return ids
        return (
            PersonRepository(self.session)
            .rows()
            .with_only_columns(Person.id)
            .join(
                DonorPerson,
                and_(DonorPerson.org_id == Person.org_id, DonorPerson.person_id == Person.id),
            )
            .where(DonorPerson.left_at.is_(None), DonorPerson.donor_id.in_(ids))
        )

    async def donors(self, segment: Segment) -> Select[Any]:
        """The ids of the donors meant: the members, or those whom the people give with."""
        return await self.matching(InSegment(segment=str(segment.id)), Subject.DONORS)

    async def count_matching(
        self, node: Node, subject: Subject = Subject.DONORS, *, today: date | None = None
    ) -> Counted:
        """How many fit, and how many of those are out of sight."""
        await self.session.execute(ROOMY)
        everybody = await self._count(node, subject, today=today, whoever=True)
        if self.actor.reach is Reach.ALL:
            return Counted(everybody)
        visible = await self._count(node, subject, today=today)
        return Counted(visible, max(0, everybody - visible))

    async def page_of(
        self,
        node: Node,
        subject: Subject = Subject.DONORS,
        *,
        after: str | None = None,
        limit: int = 20,
        today: date | None = None,
    ) -> Page[Any]:
        """A screenful of those who fit, by name."""
        condition = await self.condition(node, subject, today=today)
        repository = cast("DonorRepository | PersonRepository", self._of(subject))
        return await repository.alphabetical(condition, after=after, limit=limit)

    async def page_of_members(
        self, segment: Segment, after: str | None = None, limit: int = 20
    ) -> Page[Any]:
        node = InSegment(segment=str(segment.id))
        return await self.page_of(node, segment.subject, after=after, limit=limit)

    async def preview(
        self,
        node: Node,
        subject: Subject = Subject.DONORS,
        *,
        sample: int = SAMPLE,
        locale: str = "en",
        today: date | None = None,
    ) -> Preview:
        """What a filter means before it is saved or used."""
        self.may_ask(node, subject)
        counted = await self.count_matching(node, subject, today=today)
        rows = await self._sample(node, subject, sample, today)
        currency = (await self.setting(today)).currency
        return Preview(
            in_words=describe(node, subject, locale=locale, currency=currency),
            subject=subject,
            count=counted.visible,
            unseen=counted.hidden,
            sample=tuple((row.id, row.name) for row in rows),
        )

    async def in_words(self, segment: Segment, locale: str = "en") -> str:
        """Whom the segment means; for a fixed list, whom it was made from."""
        if segment.filter is None:
            return ""
        setting = await self.setting()
        node = read_filter(segment.filter)
        return describe(node, segment.subject, locale=locale, currency=setting.currency)

    def _of(self, subject: Subject) -> Repository[Any]:
        return REPOSITORIES[subject](self.session)

    async def _count(self, node: Node, subject: Subject, **how: Any) -> int:
        model = MODELS[subject]
        condition = await self.condition(node, subject, **how)
        repository = self._of(subject)
        rows = repository.everything() if how.get("whoever") else repository.rows()
        query = rows.where(condition).with_only_columns(func.count(model.id))
        return int(await self.session.scalar(query) or 0)

    async def _sample(
        self, node: Node, subject: Subject, limit: int, today: date | None
    ) -> Sequence[Any]:
        """The first few by name."""
        page = await self.page_of(node, subject, limit=max(1, limit), today=today)
        return page.rows[:limit]
