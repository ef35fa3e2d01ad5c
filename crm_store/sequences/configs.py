"""What each trigger and each step of an automation needs to be told, checked when it is saved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from crm_store.errors import Invalid
from crm_store.segments.language import read_filter, written
from crm_store.sequences.models import StepType, Trigger


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Anyone(Config):
    """Everybody it happens to."""


class TagAdded(Config):
    tag_id: UUID


class Birthday(Config):
    days_before: int = Field(0, ge=0, le=60)
    hour: int = Field(9, ge=0, le=23)


class Inactivity(Config):
    days: int = Field(ge=1, le=3650)


class GiftReceived(Config):
    minimum: float | None = Field(None, ge=0)
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$")
    fund_id: UUID | None = None


class Anniversary(Config):
    days_before: int = Field(0, ge=0, le=60)


class PledgeOverdue(Config):
    days: int = Field(7, ge=0, le=365)


class StageChanged(Config):
    to_stage: str | None = None


class NoReply(Config):
    days: int = Field(14, ge=1, le=365)


class FormSubmitted(Config):
    form: str | None = None


TRIGGERS: dict[Trigger, type[Config]] = {
    Trigger.CUSTOMER_CREATED: Anyone,
    Trigger.TAG_ADDED: TagAdded,
    Trigger.BIRTHDAY: Birthday,
    Trigger.INACTIVITY: Inactivity,
    Trigger.GIFT_RECEIVED: GiftReceived,
    Trigger.FIRST_GIFT: GiftReceived,
    Trigger.GIVING_ANNIVERSARY: Anniversary,
    Trigger.PLEDGE_OVERDUE: PledgeOverdue,
    Trigger.STAGE_CHANGED: StageChanged,
    Trigger.NO_REPLY: NoReply,
    Trigger.FORM_SUBMITTED: FormSubmitted,
    Trigger.MANUAL: Anyone,
}


class SendMessage(Config):
    """From a template, or in these words."""

    template_id: UUID | None = None
    subject: str | None = None
    body: str | None = None

    @model_validator(mode="after")
    def _has_words(self) -> SendMessage:
        if (self.template_id is None) == (self.body is None):
            raise ValueError("name a template or give the words, one of the two")
        return self


class Wait(Config):
    days: int = Field(0, ge=0, le=3650)
    hours: int = Field(0, ge=0, le=23)

    @model_validator(mode="after")
    def _is_some_time(self) -> Wait:
        if not self.days and not self.hours:
            raise ValueError("say how long to wait")
        return self


class Condition(Config):
    """Go on with the next step if it holds; else go to `otherwise`, or end."""

    filter: dict[str, Any] = Field(description="In the segments' filter language.")
    otherwise: int | None = Field(None, ge=1)

    @field_validator("filter")
    @classmethod
    def _can_be_asked(cls, given: dict[str, Any]) -> dict[str, Any]:
        try:
            return written(read_filter(given))
        except Invalid as error:
            raise ValueError(str(error)) from error


class TagStep(Config):
    tag_id: UUID


class CreateTask(Config):
    title: str = Field(min_length=1)
    due_in_days: int = Field(3, ge=0, le=365)
    member_id: UUID | None = None


class Enrol(Config):
    sequence_id: UUID


class Notify(Config):
    member_id: UUID
    words: str = Field(min_length=1)


class MoveStage(Config):
    to_stage: str = Field(min_length=1)
    reason: str | None = None


STEPS: dict[StepType, type[Config]] = {
    StepType.SEND_EMAIL: SendMessage,
    StepType.SEND_WHATSAPP: SendMessage,
    StepType.WAIT: Wait,
    StepType.CONDITION: Condition,
    StepType.ADD_TAG: TagStep,
    StepType.REMOVE_TAG: TagStep,
    StepType.CREATE_TASK: CreateTask,
    StepType.ENROL: Enrol,
    StepType.NOTIFY: Notify,
    StepType.MOVE_STAGE: MoveStage,
}


def read_trigger(trigger: Trigger, given: dict[str, Any]) -> Config:
    return _read(TRIGGERS[trigger], given, f"The trigger {_words(trigger.value)}")


def read_step(kind: StepType, given: dict[str, Any]) -> Config:
    return _read(STEPS[kind], given, f"The step {_words(kind.value)}")


def _read(model: type[Config], given: dict[str, Any], what: str) -> Config:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        faults = "; ".join(_fault(fault["loc"], fault["msg"]) for fault in error.errors())
        raise Invalid(f"{what} cannot be read: {faults}.") from error


def _fault(place: tuple[int | str, ...], sentence: str) -> str:
    """Where, and what is wrong there, without the validator's own words."""
    plain = sentence.removeprefix("Value error, ").rstrip(".")
    where = ".".join(map(str, place))
    return f"{where}: {plain}" if where else plain


def _words(value: str) -> str:
    return f"“{value.replace('_', ' ')}”"
