"""Portfolios, contact with donors, conversations and tasks: the daily work."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, func, or_

from crm_store.contacts.models import Activity, ActivityStatus
from crm_store.contacts.visibility import seen_with_parents
from crm_store.conversations.models import Conversation, Handling
from crm_store.donors.models import Donor, DonorStatus, StageChange
from crm_store.reports.cuts import donor_cuts, owner_cuts
from crm_store.reports.facts import (
    DONORS,
    AsOfToday,
    Cut,
    Happening,
    Subject,
    kept,
    linked,
    of_donor,
    owned,
)
from crm_store.reports.measure import Figure, Measure, Ratio, Unit
from crm_store.reports.plan import NOW, QUIET_DAYS, TODAY, on_day
from crm_store.repository import reach_of
from crm_store.tasks.models import OPEN, Task, TaskStatus

ON_FILE = AsOfToday(
    noun="donors",
    model=Donor,
    subject=DONORS,
    seen=lambda actor: reach_of(actor, Donor),
    donor_id=Donor.id,
    cuts=donor_cuts(Donor.id),
)
STAGE_CHANGES = Happening(
    noun="steps along the journey",
    model=StageChange,
    parents=(linked(Donor, StageChange.donor_id),),
    where=kept(Donor),
    moment=StageChange.at,
    subject=DONORS,
    seen=of_donor(StageChange.donor_id),
    donor_id=StageChange.donor_id,
    cuts={**donor_cuts(StageChange.donor_id), "journey_stage": Cut(StageChange.to_stage)},
)
ACTIVITIES = Happening(
    noun="activities",
    model=Activity,
    where=(Activity.status == ActivityStatus.DONE,),
    moment=Activity.at,
    subject=Subject("activities", Activity, lambda actor: seen_with_parents(actor, Activity)),
    seen=lambda actor: seen_with_parents(actor, Activity),
    donor_id=Activity.donor_id,
    cuts={
        "officer": Cut(Activity.member_id),
        "workspace": Cut(Activity.workspace_id),
        "activity_kind": Cut(Activity.kind),
        "direction": Cut(Activity.direction),
        "project": Cut(Activity.project_id),
    },
)
CONVERSATIONS = Happening(
    noun="conversations",
    model=Conversation,
    moment=Conversation.created_at,
    subject=owned("conversations", Conversation),
    seen=lambda actor: reach_of(actor, Conversation),
    cuts={
        **owner_cuts(Conversation),
        "channel": Cut(Conversation.channel),
        "handling": Cut(Conversation.handling),
    },
)
OF_TASKS: dict[str, Any] = {
    "model": Task,
    "subject": owned("tasks", Task),
    "seen": lambda actor: reach_of(actor, Task),
    "donor_id": Task.donor_id,
    "cuts": {
        **owner_cuts(Task),
        "task_type": Cut(Task.type),
        "task_priority": Cut(Task.priority),
        "project": Cut(Task.project_id),
    },
}
OPEN_TASKS = AsOfToday(noun="open tasks", where=(Task.status.in_(OPEN),), **OF_TASKS)
DONE = Happening(
    noun="finished tasks",
    moment=Task.completed_at,
    where=(Task.status == TaskStatus.DONE,),
    **OF_TASKS,
)
LIVING = Donor.status != DonorStatus.DECEASED
LAST_CONTACT = on_day(Donor.last_contacted_at)

MEASURES: tuple[Measure, ...] = (
    Figure(
        name="donors_on_file",
        also=("donor_records",),
        definition="All donors on record as of today, whether they have given or not.",
        fact=ON_FILE,
        value=func.count(),
    ),
    Figure(
        name="portfolio_size",
        also=("portfolio", "assigned_donors"),
        definition="Living donors that an officer looks after as of today; split by officer for "
        "each portfolio.",
        fact=ON_FILE,
        value=func.count().filter(and_(LIVING, Donor.owner_id.is_not(None))),
    ),
    Figure(
        name="unassigned_donors",
        definition="Living donors that nobody looks after as of today.",
        fact=ON_FILE,
        value=func.count().filter(and_(LIVING, Donor.owner_id.is_(None))),
    ),
    Figure(
        name="donors_without_contact",
        also=("quiet_donors", "uncontacted_donors", "neglected_donors"),
        definition="Living donors who as of today have never been contacted, or last more than a "
        "number of days ago: 180 unless quiet_days says otherwise.",
        fact=ON_FILE,
        value=func.count().filter(
            and_(
                LIVING,
                or_(Donor.last_contacted_at.is_(None), LAST_CONTACT < TODAY - QUIET_DAYS),
            )
        ),
    ),
    Figure(
        name="stage_changes",
        also=("journey_moves", "moves"),
        definition="Steps of donors along the journey in the period; split by journey_stage for "
        "the stages they came to.",
        fact=STAGE_CHANGES,
        value=func.count(),
    ),
    Figure(
        name="activities",
        also=("activity_count", "contacts_made", "touches"),
        definition="Calls, meetings, visits, letters and other activities that happened in the "
        "period and are recorded as done, by the day they happened; the officer is who did them.",
        fact=ACTIVITIES,
        value=func.count(),
    ),
    Figure(
        name="donors_contacted",
        definition="Different donors with an activity in the period that is recorded as done.",
        fact=ACTIVITIES,
        distinct=Activity.donor_id,
        where=Activity.donor_id.is_not(None),
    ),
    Figure(
        name="conversations",
        also=("conversation_count", "chats"),
        definition="Conversations that began in the period, over all channels.",
        fact=CONVERSATIONS,
        value=func.count(),
    ),
    Figure(
        name="conversations_resolved",
        definition="Of the conversations that began in the period, those that have been resolved "
        "by now.",
        fact=CONVERSATIONS,
        value=func.count().filter(Conversation.resolved_at.is_not(None)),
    ),
    Figure(
        name="conversations_by_people",
        also=("handoffs",),
        definition="Of the conversations that began in the period, those that a person answers or "
        "was asked to answer, rather than the assistant alone.",
        fact=CONVERSATIONS,
        value=func.count().filter(Conversation.handling != Handling.ASSISTANT),
    ),
    Ratio(
        name="handoff_rate",
        definition="Of the conversations that began in the period, the share that a person answers "
        "or was asked to answer.",
        of="conversations_by_people",
        per="conversations",
    ),
    Figure(
        name="satisfaction",
        also=("rating", "csat", "average_rating"),
        definition="The average rating, from 1 to 5, that the other side gave to conversations "
        "that began in the period and were rated.",
        unit=Unit.NUMBER,
        fact=CONVERSATIONS,
        value=func.avg(Conversation.rating),
        is_total=False,
    ),
    Figure(
        name="open_tasks",
        definition="Tasks that are neither done nor cancelled as of today.",
        fact=OPEN_TASKS,
        value=func.count(),
    ),
    Figure(
        name="overdue_tasks",
        also=("tasks_overdue", "late_tasks"),
        definition="Tasks that are neither done nor cancelled and were due before this moment.",
        fact=OPEN_TASKS,
        value=func.count().filter(Task.due_at < NOW),
    ),
    Figure(
        name="tasks_done",
        also=("completed_tasks", "tasks_completed"),
        definition="Tasks finished in the period, by the day they were marked done.",
        fact=DONE,
        value=func.count(),
    ),
)
