"""Sequences of messages, who is in them, and automations."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_store.base import Json, TenantRow, now, ref
from crm_store.channel import Channel, Purpose


class SequenceStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class HouseholdReply(StrEnum):
    """What a reply does to others of the same household in the sequence."""

    NOTHING = "nothing"
    STOP = "stop"
    DELAY = "delay"


class Sequence(TenantRow):
    """Messages that go out one after another, each some days after the last."""

    __tablename__ = "sequences"
    __table_args__ = (Index(None, "org_id", "status"),)

    name: Mapped[str]
    description: Mapped[str | None]
    status: Mapped[SequenceStatus] = mapped_column(default=SequenceStatus.DRAFT)
    purpose: Mapped[Purpose] = mapped_column(default=Purpose.STEWARDSHIP)
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    stops_on_reply: Mapped[bool] = mapped_column(default=True)
    stops_on_gift: Mapped[bool] = mapped_column(default=False)
    household_reply: Mapped[HouseholdReply] = mapped_column(default=HouseholdReply.STOP)
    household_delay_days: Mapped[int] = mapped_column(default=14)
    is_exclusive: Mapped[bool] = mapped_column(
        default=False, comment="Nobody who is in another sequence may join."
    )
    settings: Mapped[Json] = mapped_column(default=dict, server_default="{}")


class SequenceStep(TenantRow):
    """One message of a sequence and how long to wait before it."""

    __tablename__ = "sequence_steps"
    __table_args__ = (
        UniqueConstraint("org_id", "sequence_id", "step_number"),
        CheckConstraint("delay_days >= 0 AND delay_hours >= 0", name="delay_not_negative"),
        CheckConstraint("step_number >= 1", name="numbered_from_one"),
    )

    sequence_id: Mapped[UUID] = ref("sequences", on_delete="CASCADE", index=False)
    step_number: Mapped[int]
    channel: Mapped[Channel] = mapped_column(default=Channel.EMAIL)
    delay_days: Mapped[int] = mapped_column(default=0)
    delay_hours: Mapped[int] = mapped_column(default=0)
    template_id: Mapped[UUID | None] = ref("templates")
    subject: Mapped[str | None]
    body: Mapped[str | None] = mapped_column(comment="With {{variables}}; or a template.")
    is_reply_in_thread: Mapped[bool] = mapped_column(default=False)
    needs_approval: Mapped[bool] = mapped_column(default=False)


class EnrolmentStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    REPLIED = "replied"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    STOPPED = "stopped"

    @property
    def is_live(self) -> bool:
        return self in {EnrolmentStatus.ACTIVE, EnrolmentStatus.PAUSED}


class Enrolment(TenantRow):
    """One person's way through a sequence."""

    __tablename__ = "enrolments"
    __table_args__ = (
        Index(
            "uq_enrolments_live",
            "org_id",
            "sequence_id",
            "person_id",
            unique=True,
            postgresql_where=text("status IN ('active', 'paused')"),
        ),
        Index(
            "ix_enrolments_due",
            "org_id",
            "next_due_at",
            "id",
            postgresql_where=text("status = 'active'"),
        ),
        Index(None, "org_id", "sequence_id", "status"),
    )

    sequence_id: Mapped[UUID] = ref("sequences", on_delete="CASCADE", index=False)
    person_id: Mapped[UUID] = ref("people", on_delete="CASCADE")
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="SET NULL")
    member_id: Mapped[UUID | None] = ref("members", on_delete="SET NULL")
    mailbox_id: Mapped[UUID | None] = ref("mailboxes", on_delete="SET NULL")
    status: Mapped[EnrolmentStatus] = mapped_column(default=EnrolmentStatus.ACTIVE)
    current_step: Mapped[int] = mapped_column(default=0, comment="The last step taken; 0 is none.")
    started_at: Mapped[datetime] = mapped_column(default=now)
    next_due_at: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    pause_until: Mapped[datetime | None] = mapped_column(comment="Out of office, for one.")
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(comment="Why it paused or ended.")
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0, comment="Goes up with every claim.")


class Trigger(StrEnum):
    CUSTOMER_CREATED = "customer_created"
    TAG_ADDED = "tag_added"
    BIRTHDAY = "birthday"
    INACTIVITY = "inactivity"
    GIFT_RECEIVED = "gift_received"
    FIRST_GIFT = "first_gift"
    GIVING_ANNIVERSARY = "giving_anniversary"
    PLEDGE_OVERDUE = "pledge_overdue"
    STAGE_CHANGED = "stage_changed"
    NO_REPLY = "no_reply"
    FORM_SUBMITTED = "form_submitted"
    MANUAL = "manual"


class Automation(TenantRow):
    """When this happens, do these things."""

    __tablename__ = "automations"
    __table_args__ = (
        Index(
            "ix_automations_listening",
            "org_id",
            "trigger",
            postgresql_where=text("is_active"),
        ),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    trigger: Mapped[Trigger]
    trigger_config: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    is_active: Mapped[bool] = mapped_column(default=False)
    activated_at: Mapped[datetime | None]
    workspace_id: Mapped[UUID | None] = ref("workspaces", on_delete="SET NULL")
    again_after_days: Mapped[int | None] = mapped_column(
        comment="How soon the same person may set it off again; None: never."
    )


class StepType(StrEnum):
    SEND_EMAIL = "send_email"
    SEND_WHATSAPP = "send_whatsapp"
    WAIT = "wait"
    CONDITION = "condition"
    ADD_TAG = "add_tag"
    REMOVE_TAG = "remove_tag"
    CREATE_TASK = "create_task"
    ENROL = "enrol"
    NOTIFY = "notify"
    MOVE_STAGE = "move_stage"


class AutomationStep(TenantRow):
    """One thing an automation does."""

    __tablename__ = "automation_steps"
    __table_args__ = (UniqueConstraint("org_id", "automation_id", "sort_order"),)

    automation_id: Mapped[UUID] = ref("automations", on_delete="CASCADE", index=False)
    type: Mapped[StepType]
    config: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    sort_order: Mapped[int] = mapped_column(comment="From 1.")


class RunStatus(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"


class AutomationRun(TenantRow):
    """An automation at work for one person."""

    __tablename__ = "automation_runs"
    __table_args__ = (
        UniqueConstraint("org_id", "automation_id", "occasion"),
        Index(None, "org_id", "automation_id", "person_id"),
        Index(
            "ix_automation_runs_due",
            "org_id",
            "due_at",
            "id",
            postgresql_where=text("status IN ('running', 'waiting')"),
        ),
    )
    audited: ClassVar[bool] = False

    automation_id: Mapped[UUID] = ref("automations", on_delete="CASCADE", index=False)
    person_id: Mapped[UUID] = ref("people", on_delete="CASCADE")
    donor_id: Mapped[UUID | None] = ref("donors", on_delete="SET NULL")
    occasion: Mapped[str] = mapped_column(comment="What set it off; the same sets it off once.")
    status: Mapped[RunStatus] = mapped_column(default=RunStatus.RUNNING)
    next_step: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime | None] = mapped_column(default=now)
    started_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    trigger_data: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    error_message: Mapped[str | None]
