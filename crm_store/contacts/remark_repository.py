"""Questions about tags, notes, activities, images, custom values and merges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from crm_store.base import TenantRow
from crm_store.contacts import names
from crm_store.contacts.models import (
    Activity,
    ActivityStatus,
    ActivityType,
    CustomValue,
    Image,
    Merge,
    Note,
    Tag,
    Tagging,
)
from crm_store.contacts.repository import PartRepository
from crm_store.keyset import keyset_page
from crm_store.orgs.models import CustomField, FieldNoun
from crm_store.repository import Page, Repository


class TagRepository(Repository[Tag]):
    model = Tag

    async def named(self, name: str) -> Tag | None:
        return await self.first(self.rows().where(Tag.name_key == names.name_key(name)))

    async def on(self, **noun: UUID) -> Sequence[Tag]:
        """The tags of one record, by name: on(donor_id=…)."""
        ((column, row_id),) = noun.items()
        bearing = select(Tagging.tag_id).where(
            Tagging.org_id == self.actor.org, getattr(Tagging, column) == row_id
        )
        return await self.all(self.rows().where(Tag.id.in_(bearing)).order_by(Tag.name_key))


class TaggingRepository(PartRepository[Tagging]):
    model = Tagging


class NoteRepository(PartRepository[Note]):
    model = Note

    async def about(self, *, after: str | None = None, limit: int = 20, **noun: UUID) -> Page[Note]:
        """Newest first; pinned ones are asked for apart."""
        ((column, row_id),) = noun.items()
        about: ColumnElement[bool] = getattr(Note, column) == row_id
        return await keyset_page(
            self, about, order=(Note.at, Note.id), after=after, limit=limit, newest_first=True
        )

    async def pinned(self, **noun: UUID) -> Sequence[Note]:
        ((column, row_id),) = noun.items()
        return await self.all(
            self.rows()
            .where(getattr(Note, column) == row_id, Note.is_pinned)
            .order_by(Note.at.desc())
        )


class ActivityTypeRepository(Repository[ActivityType]):
    model = ActivityType


class ActivityRepository(PartRepository[Activity]):
    model = Activity

    async def of_member(
        self, member_id: UUID, *, after: str | None = None, limit: int = 20
    ) -> Page[Activity]:
        """What somebody on the staff did or plans, newest first."""
        return await keyset_page(
            self,
            Activity.member_id == member_id,
            order=(Activity.at, Activity.id),
            after=after,
            limit=limit,
            newest_first=True,
        )

    async def open_of(self, **noun: UUID) -> Sequence[Activity]:
        ((column, row_id),) = noun.items()
        waiting = (ActivityStatus.PLANNED, ActivityStatus.IN_PROGRESS)
        return await self.all(
            self.rows()
            .where(getattr(Activity, column) == row_id, Activity.status.in_(waiting))
            .order_by(Activity.due_at.nulls_last(), Activity.at)
        )


class ImageRepository(PartRepository[Image]):
    model = Image


class CustomValueRepository(PartRepository[CustomValue]):
    model = CustomValue

    async def field(self, noun: FieldNoun, name: str) -> CustomField | None:
        found: CustomField | None = await self.session.scalar(
            select(CustomField).where(
                CustomField.org_id == self.actor.org,
                CustomField.noun == noun,
                CustomField.name == name,
                CustomField.is_active,
            )
        )
        return found

    async def by_name(self, noun: FieldNoun, row_id: UUID) -> dict[str, Any]:
        """What a record holds in its custom fields, by the fields' names, in their order."""
        holds = getattr(CustomValue, f"{noun.value}_id") == row_id
        found = await self.session.execute(
            self.rows()
            .where(holds)
            .join(CustomField, CustomField.id == CustomValue.field_id)
            .where(CustomField.org_id == self.actor.org, CustomField.is_active)
            .add_columns(CustomField.name)
            .order_by(CustomField.sort_order, CustomField.name)
        )
        return {name: value.value for value, name in found}


class MergeRepository(PartRepository[Merge]):
    model = Merge

    async def of_record(self, row: TenantRow) -> Sequence[Merge]:
        """Every merge a record was part of, newest first."""
        one = {"people": "person", "companies": "company", "households": "household"}
        noun = one.get(row.__tablename__, "donor")
        return await self.all(
            self.rows()
            .where(
                or_(
                    getattr(Merge, f"kept_{noun}_id") == row.id,
                    getattr(Merge, f"lost_{noun}_id") == row.id,
                )
            )
            .order_by(Merge.at.desc())
        )
