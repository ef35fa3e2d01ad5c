"""Tasks for tests."""

from typing import Any

from crm_store.crm import Crm
from crm_store.tasks.actions import create_task
from crm_store.tasks.models import Task


async def make_task(crm: Crm, title: str = "Ring Ruth Cohen", **more: Any) -> Task:
    return await create_task(crm, title, **more)
