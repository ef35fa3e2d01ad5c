"""Names for a report by donor, which the reporting role itself cannot read."""

from __future__ import annotations

from uuid import UUID

from crm_store.crm import Crm
from crm_store.donors.models import Donor
from crm_store.reports.views import Report, Value


async def with_donor_names(crm: Crm, report: Report) -> Report:
    """The same report with each donor called by name; those out of sight keep their ids."""
    ids = [row["donor_id"] for row in report.rows if isinstance(row.get("donor_id"), UUID)]
    query = crm.donors.rows().where(Donor.id.in_(ids)).with_only_columns(Donor.id, Donor.name)
    found = await crm.session.execute(query)
    names: dict[Value, str] = {row[0]: row[1] for row in found}
    rows = tuple(
        {**row, "donor": names.get(row["donor_id"], row["donor"])} if "donor_id" in row else row
        for row in report.rows
    )
    return report.model_copy(update={"rows": rows})
