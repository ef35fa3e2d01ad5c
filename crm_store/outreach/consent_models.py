"""Whether we may write: consents, suppressions, the policy, and every decision made."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import TenantRow, now, ref
from crm_store.channel import Channel, Purpose


class SuppressionReason(StrEnum):
    UNSUBSCRIBED = "unsubscribed"
    KEYWORD = "keyword"
    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    INVALID = "invalid"
    MANUAL = "manual"
    ERASED = "erased"

    @property
    def blocks_everything(self) -> bool:
        """Even receipts: the address is dead, or its holder told the carrier to stop us."""
        return self not in {SuppressionReason.UNSUBSCRIBED, SuppressionReason.MANUAL}


class Suppression(TenantRow):
    """An address we do not write to. It is never deleted; lifting it says who and why."""

    __tablename__ = "suppressions"
    __table_args__ = (
        Index(
            "uq_suppressions_standing",
            "org_id",
            "channel",
            "address_hash",
            "reason",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
        Index(None, "org_id", "address_hash"),
        CheckConstraint(
            "num_nonnulls(lifted_at, lifted_because) IN (0, 2)", name="lifted_with_a_reason"
        ),
        CheckConstraint(
            "lifted_at IS NULL OR reason NOT IN ('keyword', 'erased') "
            "OR (reason = 'keyword' AND lifted_by_contact)",
            name="stop_is_lifted_by_the_contact",
        ),
    )

    channel: Mapped[Channel]
    address: Mapped[str | None] = mapped_column(comment="Normalised; emptied by erasure.")
    address_hash: Mapped[bytes] = mapped_column(comment="All that erasure leaves.")
    reason: Mapped[SuppressionReason]
    note: Mapped[str | None] = mapped_column(comment="In their own words, where they gave any.")
    person_id: Mapped[UUID | None] = ref("people", on_delete="SET NULL")
    campaign_id: Mapped[UUID | None] = ref("campaigns", on_delete="SET NULL")
    delivery_id: Mapped[UUID | None] = ref("deliveries", on_delete="SET NULL")
    at: Mapped[datetime] = mapped_column(default=now)
    lifted_at: Mapped[datetime | None]
    lifted_because: Mapped[str | None]
    lifted_by_contact: Mapped[bool] = mapped_column(default=False)


class ConsentState(StrEnum):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class ConsentSource(StrEnum):
    WEBSITE = "website"
    WIDGET = "widget"
    EMAIL = "email"
    WHATSAPP = "whatsapp"
    PHONE = "phone"
    PAPER = "paper"
    IN_PERSON = "in_person"
    IMPORT = "import"
    STAFF = "staff"


class Consent(TenantRow):
    """What somebody agreed to or took back, in which words, and how we know."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "org_id", "person_id", "at"),)

    person_id: Mapped[UUID] = ref("people", on_delete="CASCADE", index=False)
    purpose: Mapped[Purpose] = mapped_column(comment="marketing speaks for all of its kind.")
    channel: Mapped[Channel | None] = mapped_column(comment="None: every channel.")
    state: Mapped[ConsentState]
    covers_household: Mapped[bool] = mapped_column(
        default=False, comment="Said for everybody at home."
    )
    at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    text_version: Mapped[str | None]
    text: Mapped[str | None] = mapped_column(comment="The words shown.")
    source: Mapped[ConsentSource]
    proof: Mapped[str | None] = mapped_column(comment="A form's id, a message, a recording.")
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")


class ContactPolicy(TenantRow):
    """How often and when people may be written to; a change is a new version."""

    __tablename__ = "contact_policies"
    __table_args__ = (
        UniqueConstraint("org_id", "version"),
        CheckConstraint(
            "quiet_from_minute BETWEEN 0 AND 1440 AND quiet_to_minute BETWEEN 0 AND 1440",
            name="quiet_hours_of_the_day",
        ),
        CheckConstraint(
            "max_per_period >= 0 AND period_days > 0 AND min_days_between >= 0 "
            "AND max_per_household >= 0 AND bereavement_days >= 0",
            name="limits_not_negative",
        ),
    )

    version: Mapped[int]
    max_per_period: Mapped[int] = mapped_column(default=4, comment="Over all channels.")
    period_days: Mapped[int] = mapped_column(default=30)
    min_days_between: Mapped[int] = mapped_column(default=3)
    max_per_household: Mapped[int] = mapped_column(default=6, comment="In the same period.")
    quiet_from_minute: Mapped[int] = mapped_column(default=1260, comment="21:00, their own time.")
    quiet_to_minute: Mapped[int] = mapped_column(default=480, comment="8:00.")
    quiet_channels: Mapped[list[str]] = mapped_column(
        default=lambda: [Channel.WHATSAPP.value, Channel.TEXT.value, Channel.PHONE.value],
        comment="Where quiet hours hold.",
    )
    opt_in_channels: Mapped[list[str]] = mapped_column(
        default=lambda: [Channel.WHATSAPP.value, Channel.TEXT.value],
        comment="Where marketing needs a consent on record; elsewhere none withdrawn is enough.",
    )
    partner_opt_out_counts: Mapped[bool] = mapped_column(default=True)
    bereavement_days: Mapped[int] = mapped_column(
        default=180, comment="After a death at home, nothing but what is needed."
    )


class ContactDecision(TenantRow):
    """One answer to "may we write to them?", as it was given, with its reasons."""

    __tablename__ = "contact_decisions"
    __table_args__ = (Index(None, "org_id", "person_id", "at"),)
    audited: ClassVar[bool] = False

    person_id: Mapped[UUID] = ref("people", on_delete="CASCADE", index=False)
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="SET NULL")
    channel: Mapped[Channel]
    purpose: Mapped[Purpose]
    at: Mapped[datetime] = mapped_column(comment="The moment asked about.")
    allowed: Mapped[bool]
    reasons: Mapped[list[str]] = mapped_column(comment="In words; why not, or why yes.")
    codes: Mapped[list[str]] = mapped_column(default=list, server_default="{}")
    address: Mapped[str | None]
    policy_version: Mapped[int]
    not_before: Mapped[datetime | None] = mapped_column(
        comment="When it will be allowed, if known."
    )
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
