"""How somebody stands with us: tags, own fields, consent, addresses, home, and what happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from crm_store.channel import Purpose
from crm_store.contacts.models import (
    Activity,
    ActivityStatus,
    Address,
    CustomValue,
    Identifier,
    IdentifierKind,
    Tagging,
)
from crm_store.donors.models import Donor
from crm_store.leads.models import Lead, LeadConversion
from crm_store.orgs.models import CustomField, FieldNoun, FieldType
from crm_store.outreach.models import Consent, ConsentState, Suppression
from crm_store.segments import language, values, when
from crm_store.segments.comparing import Comparison, moments
from crm_store.segments.compiling import MODELS, Compiler, Ids, Plain, leaf
from crm_store.segments.fields import Field, Kind, Operator
from crm_store.segments.language import BadFilter, ConsentIs, ReachedBy
from crm_store.segments.models import Subject
from crm_store.tickets.models import Ticket, TicketStatus

NOUNS = {FieldNoun.DONOR: Subject.DONORS, FieldNoun.PERSON: Subject.PEOPLE}
HELD_IN: dict[FieldType, tuple[Kind, str]] = {
    FieldType.TEXT: (Kind.TEXT, "text_value"),
    FieldType.SELECT: (Kind.TEXT, "text_value"),
    FieldType.NUMBER: (Kind.NUMBER, "number_value"),
    FieldType.DATE: (Kind.DATE, "date_value"),
    FieldType.CHECKBOX: (Kind.FLAG, "bool_value"),
    FieldType.MULTISELECT: (Kind.CHOICES, "list_value"),
}
REACHING: dict[ReachedBy, tuple[IdentifierKind, ...]] = {
    ReachedBy.EMAIL: (IdentifierKind.EMAIL,),
    ReachedBy.PHONE: (IdentifierKind.PHONE, IdentifierKind.WHATSAPP),
    ReachedBy.WHATSAPP: (IdentifierKind.WHATSAPP,),
}
OVER = (TicketStatus.SOLVED, TicketStatus.CLOSED)


def _both(compiler: Compiler, subject: Subject, of: Callable[[Subject], Select[Any]]) -> Ids:
    """Of donors themselves and of their people, in the subject's own ids."""
    return Ids(
        subject, union_all(*(compiler.across(Ids(whose, of(whose)), subject) for whose in Subject))
    )


def _id_in(table: Any, whose: Subject) -> Any:
    return table.donor_id if whose is Subject.DONORS else table.person_id


@leaf(language.Tagged)
def tagged(compiler: Compiler, node: language.Tagged, subject: Subject, row: Any) -> Ids | Plain:
    tags = compiler.known.ids_of("tag", node.any_of)

    def bearing(whose: Subject) -> Select[Any]:
        column = _id_in(Tagging, whose)
        return select(column).where(
            Tagging.org_id == compiler.setting.org_id, Tagging.tag_id.in_(tags), column.is_not(None)
        )

    return _both(compiler, subject, bearing)


@leaf(language.Custom)
def custom(compiler: Compiler, node: language.Custom, subject: Subject, row: Any) -> Ids | Plain:
    found = [
        compiler.across(Ids(NOUNS[field.noun], _filled(compiler, node, field)), subject)
        for field in compiler.known.custom[node.field]
    ]
    return Ids(subject, union_all(*found))


def _filled(compiler: Compiler, node: language.Custom, field: CustomField) -> Select[Any]:
    kind, held_in = HELD_IN[field.type]
    try:
        operator = values.operator_for(field.name, kind, node.operator)
        value = values.typed(field.name, kind, operator, node.value)
    except ValueError as error:
        raise BadFilter(str(error)) from error
    bearer, column = _id_in(CustomValue, NOUNS[field.noun]), getattr(CustomValue, held_in)
    query = select(bearer).where(
        CustomValue.org_id == compiler.setting.org_id,
        CustomValue.field_id == field.id,
        bearer.is_not(None),
    )
    if kind is Kind.CHOICES and operator is not Operator.IS_SET:
        wanted = list(value) if isinstance(value, tuple) else [value]
        return query.where(column.overlap(wanted))
    return query.where(
        Comparison(compiler, Field(field.name, kind, field.label), operator, value).of(column)
    )


@leaf(language.Consented)
def consented(
    compiler: Compiler, node: language.Consented, subject: Subject, row: Any
) -> Ids | Plain:
    """The last word counts; who never said anything, or whose word ran out, has given none."""
    last = _last_word(compiler, node)
    if node.state is ConsentIs.WITHDRAWN:
        return Ids(Subject.PEOPLE, select(last.c.person_id).where(last.c.is_withdrawn))
    given = select(last.c.person_id).where(last.c.is_given)
    if node.state is ConsentIs.GIVEN:
        return Ids(Subject.PEOPLE, given)
    spoken = select(last.c.person_id).where(or_(last.c.is_given, last.c.is_withdrawn))
    return Ids(Subject.PEOPLE, spoken, all_but=True)


def _last_word(compiler: Compiler, node: language.Consented) -> Any:
    purposes = {node.purpose, Purpose.MARKETING} if node.purpose.is_marketing else {node.purpose}
    query = select(Consent).where(
        Consent.org_id == compiler.setting.org_id, Consent.purpose.in_(purposes)
    )
    if node.channel is not None:
        query = query.where(or_(Consent.channel == node.channel, Consent.channel.is_(None)))
    last = (
        query.ext(distinct_on(Consent.person_id))
        .order_by(Consent.person_id, Consent.at.desc(), Consent.id.desc())
        .subquery()
    )
    stands = or_(last.c.expires_at.is_(None), last.c.expires_at > func.now())
    return select(
        last.c.person_id,
        (last.c.state == ConsentState.WITHDRAWN).label("is_withdrawn"),
        and_(last.c.state == ConsentState.GIVEN, stands).label("is_given"),
    ).subquery()


@leaf(language.Suppressed)
def suppressed(
    compiler: Compiler, node: language.Suppressed, subject: Subject, row: Any
) -> Ids | Plain:
    standing = [
        Suppression.org_id == compiler.setting.org_id,
        Suppression.lifted_at.is_(None),
        *([Suppression.channel == node.channel] if node.channel else []),
    ]
    named = select(Suppression.person_id).where(*standing, Suppression.person_id.is_not(None))
    answering = (
        select(Identifier.person_id)
        .join(
            Suppression,
            and_(
                Suppression.org_id == Identifier.org_id,
                Suppression.address == Identifier.normalised,
            ),
        )
        .where(*standing, Identifier.deleted_at.is_(None), Identifier.person_id.is_not(None))
    )
    return Ids(Subject.PEOPLE, union_all(named, answering))


@leaf(language.Reachable)
def reachable(
    compiler: Compiler, node: language.Reachable, subject: Subject, row: Any
) -> Ids | Plain:
    people = compiler.across(Ids(Subject.PEOPLE, _reached(compiler, node, "person_id")), subject)
    if subject is Subject.PEOPLE:
        return Ids(subject, people)
    companies = _reached(compiler, node, "company_id").subquery()
    firms = select(Donor.id).join(companies, companies.c[0] == Donor.company_id)
    own = [firms.where(Donor.org_id == compiler.setting.org_id)]
    if node.by is ReachedBy.MAIL:
        own.append(
            select(Donor.id)
            .join(Address, and_(Address.org_id == Donor.org_id, Address.id == Donor.address_id))
            .where(*_postal(compiler))
        )
    return Ids(subject, union_all(people, *own))


def _reached(compiler: Compiler, node: language.Reachable, bearer: str) -> Select[Any]:
    if node.by is ReachedBy.MAIL:
        at = getattr(Address, bearer)
        return select(at).where(*_postal(compiler), at.is_not(None))
    at = getattr(Identifier, bearer)
    return select(at).where(
        Identifier.org_id == compiler.setting.org_id,
        Identifier.kind.in_(REACHING[node.by]),
        Identifier.deleted_at.is_(None),
        Identifier.bounced_at.is_(None),
        at.is_not(None),
    )


def _postal(compiler: Compiler) -> list[Any]:
    return [
        Address.org_id == compiler.setting.org_id,
        Address.street.is_not(None),
        Address.city.is_not(None),
    ]


@leaf(language.AtHome)
def at_home(compiler: Compiler, node: language.AtHome, subject: Subject, row: Any) -> Ids | Plain:
    me = aliased(MODELS[subject])
    other, others = compiler.fitting(node.of, subject)
    others = others.add_columns(other.household_id).where(other.household_id.is_not(None))
    them = compiler.once(others)
    query = select(me.id).join(
        them, and_(them.c.household_id == me.household_id, them.c.id != me.id)
    )
    return Ids(subject, query.where(me.org_id == compiler.setting.org_id))


@leaf(language.Did)
def did(compiler: Compiler, node: language.Did, subject: Subject, row: Any) -> Ids | Plain:
    setting = compiler.setting
    span = when.between(node.period, setting.today, setting.fiscal_year_starts)

    def happened(whose: Subject) -> Select[Any]:
        column = _id_in(Activity, whose)
        query = select(column).where(
            Activity.org_id == setting.org_id,
            Activity.deleted_at.is_(None),
            Activity.status == ActivityStatus.DONE,
            column.is_not(None),
            *moments(Activity.at, span, setting.timezone),
        )
        if node.kinds:
            query = query.where(Activity.kind.in_(node.kinds))
        if node.times_at_least == 1:
            return query
        return query.group_by(column).having(func.count() >= node.times_at_least)

    return _both(compiler, subject, happened)


@leaf(language.WasLead)
def was_lead(compiler: Compiler, node: language.WasLead, subject: Subject, row: Any) -> Ids | Plain:
    setting = compiler.setting
    span = when.between(node.period, setting.today, setting.fiscal_year_starts)

    def became(whose: Subject) -> Select[Any]:
        column = _id_in(LeadConversion, whose)
        query = select(column).where(
            LeadConversion.org_id == setting.org_id,
            LeadConversion.undone_at.is_(None),
            column.is_not(None),
            *moments(LeadConversion.converted_at, span, setting.timezone),
        )
        if not node.sources:
            return query
        lead = and_(Lead.org_id == LeadConversion.org_id, Lead.id == LeadConversion.lead_id)
        return query.join(Lead, lead).where(Lead.source.in_(node.sources))

    return _both(compiler, subject, became)


@leaf(language.HadTicket)
def had_ticket(
    compiler: Compiler, node: language.HadTicket, subject: Subject, row: Any
) -> Ids | Plain:
    setting = compiler.setting
    span = when.between(node.period, setting.today, setting.fiscal_year_starts)
    query = select(Ticket.person_id).where(
        Ticket.org_id == setting.org_id,
        Ticket.deleted_at.is_(None),
        Ticket.person_id.is_not(None),
        *moments(Ticket.created_at, span, setting.timezone),
    )
    if node.is_open is not None:
        over = Ticket.status.in_(OVER)
        query = query.where(~over if node.is_open else over)
    return Ids(Subject.PEOPLE, query)
