"""Keeping scores true: when a lead changes, when what is known of it does, when the rules do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import update

from crm_store.base import now
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid
from crm_store.leads.models import OPEN, Lead, ScoringRule
from crm_store.leads.scoring import CONDITION, read_condition, score


class RuleNamed(Conflict):
    """There is a scoring rule of this name already."""


async def rescore(crm: Crm, leads: Sequence[Lead]) -> None:
    """Score these leads by today's rules, with the reasons."""
    if not leads:
        return
    rules = await crm.scoring_rules.in_force()
    evidence = await crm.leads.evidence([lead.id for lead in leads])
    for lead in leads:
        found = score(lead, rules, evidence[lead.id])
        lead.score, lead.scored_at = found.points, now()
        lead.score_reasons = [asdict(reason) for reason in found.reasons]
    await crm.flush()


async def rescore_changed(crm: Crm, *, limit: int = 200) -> int:
    """Score open leads that changed behind their score; returns how many there were."""
    leads = await crm.leads.not_scored(limit)
    await rescore(crm, leads)
    return len(leads)


async def save_rule(
    crm: Crm, name: str, points: int, condition: Any, *, rule_id: UUID | None = None,
    description: str | None = None, is_active: bool = True,
) -> ScoringRule:  # fmt: skip
    """Add a rule or change one; open leads are scored again."""
    stored = CONDITION.dump_python(read_condition(condition), mode="json", exclude_defaults=False)
    if not name.strip():
        raise Invalid("A rule needs a name.")
    if not -100 <= points <= 100 or points == 0:
        raise Invalid("A rule gives or takes from 1 to 100 points.")
    same = crm.scoring_rules.rows().where(ScoringRule.name == name.strip())
    other = await crm.scoring_rules.first(same.where(ScoringRule.id != rule_id))
    if other is not None:
        raise RuleNamed
    if rule_id is None:
        rule = ScoringRule(position=await crm.scoring_rules.count() + 1)
    else:
        rule = await crm.scoring_rules.get(rule_id, lock=True)
    rule.name, rule.points, rule.condition = name.strip(), points, stored
    rule.description, rule.is_active = description, is_active
    crm.scoring_rules.add(rule)
    await _score_again(crm)
    return rule


async def remove_rule(crm: Crm, rule_id: UUID) -> None:
    """Take a rule away; open leads are scored again."""
    await crm.session.delete(await crm.scoring_rules.get(rule_id, lock=True))
    await _score_again(crm)


async def _score_again(crm: Crm) -> None:
    """Mark every open lead; rescore_changed works through them."""
    await crm.flush()
    await crm.session.execute(
        update(Lead)
        .where(Lead.org_id == crm.actor.org, Lead.status.in_(OPEN), Lead.scored_at.is_not(None))
        .values(scored_at=None, updated_at=Lead.updated_at)
        .execution_options(synchronize_session=False)
    )
