"""The twenty questions asked most, each of another donor or name every time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from uuid import UUID

from sqlalchemy import select

from crm_store.actor import Actor
from crm_store.campaigns.models import Campaign
from crm_store.crm import Crm
from crm_store.deals.models import Pipeline
from crm_store.donors.models import Donor
from crm_store.gifts.models import Fund, Gift
from crm_store.identity.models import Member
from crm_store.reports.periods import Comparison
from crm_store.reports.query import Query
from crm_store.reports.repository import Reports
from crm_store.reports.views import Report
from crm_store.segments.language import read_filter
from crm_store.store import Store
from evals.bench.house import TODAY

NAMES = (
    "Cohen", "Ruth Levi", "David Smith", "papadopoulos", "Ελένη Γεωργίου", "כהן", "Sofia Pappas",
    "Katz Miriam", "Thornbury", "רות לוי", "Νίκος Ιωάννου", "Hatzigeorgiou",
)  # fmt: skip
MISSPELT = (
    "Kohen", "Rut Levy", "Davd Smth", "papadopulos", "Eleni Georgiu", "Kazt", "Thornburry",
    "Bob Wilson", "Yannis Pappas", "Rozenberg", "Papadimitriu", "Goldstien",
)  # fmt: skip


@dataclass(frozen=True)
class Subjects:
    """Whom and what to ask about: drawn once, the same for every run at a size."""

    donors: tuple[UUID, ...]
    references: tuple[str, ...]
    officers: tuple[UUID, ...]
    funds: tuple[UUID, ...]
    pipeline: UUID
    campaign: UUID
    dice: Random

    def donor(self) -> UUID:
        return self.dice.choice(self.donors)


Ask = Callable[[Crm, Subjects], Awaitable[object]]
LAPSING = read_filter({
    "kind": "all",
    "of": [
        {"kind": "gave", "period": "last_fiscal_year", "at_least": "100"},
        {"kind": "not", "of": {"kind": "gave", "period": "this_fiscal_year"}},
    ],
})  # fmt: skip


QUESTIONS: dict[str, Ask] = {
    "donor 360": lambda crm, of: crm.donors.card(of.donor()),
    "donor timeline": lambda crm, of: crm.timeline.of_donor(of.donor()),
    "donor's gifts": lambda crm, of: crm.gifts.of_donor(of.donor()),
    "donor's giving by year": lambda crm, of: crm.giving.years(of.donor()),
    "name search": lambda crm, of: crm.search.find(of.dice.choice(NAMES)),
    "misspelt name search": lambda crm, of: crm.search.find(of.dice.choice(MISSPELT)),
    "phone search": lambda crm, of: crm.search.find(f"{of.dice.randrange(10**6):06}"),
    "gift by reference": lambda crm, of: crm.gifts.by_reference(of.dice.choice(of.references)),
    "list: donors by name": lambda crm, _: crm.donors.alphabetical(),
    "list: an officer's portfolio": lambda crm, of: crm.donors.of_officer(
        of.dice.choice(of.officers)
    ),
    "list: donors at a stage": lambda crm, of: crm.donors.at_stage(
        of.dice.choice(("lapsed", "regular", "major"))
    ),
    "list: donors in a city": lambda crm, of: crm.donors.in_city(
        of.dice.choice(("Larnaca", "Haifa", "London"))
    ),
    "list: recent gifts": lambda crm, _: crm.gifts.recent(),
    "list: gifts of a fund": lambda crm, of: crm.gifts.recent(
        Gift.fund_id == of.dice.choice(of.funds)
    ),
    "largest gifts": lambda crm, _: crm.gifts.largest("EUR"),
    "top donors this year": lambda crm, _: crm.giving.top_donors("EUR", fiscal_year=TODAY.year),
    "deals board": lambda crm, of: crm.deals.board(of.pipeline),
    "tickets due next": lambda crm, _: crm.tickets.due_next(),
    "campaign results": lambda crm, of: crm.campaigns.results(of.campaign),
}
SEGMENTS: dict[str, Ask] = {
    "segment page": lambda crm, _: crm.segments.page_of(LAPSING),
    "segment count": lambda crm, _: crm.segments.count_matching(LAPSING),
}

REPORTS: dict[str, Query] = {
    "report: raised by month": Query(measures=("raised",), by=("month",)),
    "report: LYBUNT": Query(measures=("lybunt",)),
    "report: retention": Query(measures=("retention_rate",)),
    "report: raised by fund, and last year": Query(
        measures=("raised", "gifts"), by=("fund",), compare_to=Comparison.PREVIOUS
    ),
}


async def subjects(store: Store, actor: Actor) -> Subjects:
    async with store.begin(actor, read_only=True) as crm:
        ask = crm.session.scalars
        return Subjects(
            donors=tuple(await ask(select(Donor.id).order_by(Donor.external_id).limit(500))),
            references=tuple(
                str(one)
                for one in await ask(
                    select(Gift.reference_number)
                    .where(Gift.reference_number.is_not(None))
                    .order_by(Gift.received_on.desc())
                    .limit(200)
                )
            ),
            officers=tuple(await ask(select(Member.id).order_by(Member.id))),
            funds=tuple(await ask(select(Fund.id).order_by(Fund.id))),
            pipeline=(await ask(select(Pipeline.id).limit(1))).one(),
            campaign=(await ask(select(Campaign.id).order_by(Campaign.sent_at).limit(1))).one(),
            dice=Random(11),
        )


async def report(store: Store, actor: Actor, query: Query) -> Report:
    async with store.read(actor) as session:
        return await Reports(session).ask(query)
