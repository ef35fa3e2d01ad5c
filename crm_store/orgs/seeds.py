"""The features that are on from the day of founding."""

from crm_store.crm import Crm
from crm_store.orgs.models import OrgFeature

ON = ("dashboard", "sales", "conversation", "ai_agent")


async def plant(crm: Crm) -> None:
    crm.session.add_all(OrgFeature(feature_key=key, is_enabled=True) for key in ON)
