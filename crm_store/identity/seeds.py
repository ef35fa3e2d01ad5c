"""The six roles every organisation begins with."""

from crm_store.crm import Crm
from crm_store.identity.models import Role
from crm_store.identity.rights import STANDARD_ROLES


async def plant(crm: Crm) -> None:
    crm.session.add_all(
        Role(
            key=role.key,
            name=role.name,
            level=role.level,
            permissions=list(role.permissions),
            description=role.description,
        )
        for role in STANDARD_ROLES
    )
