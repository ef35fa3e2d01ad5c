"""A first template, so that nobody begins with an empty page."""

from crm_store.campaigns.models import Template
from crm_store.channel import Purpose
from crm_store.crm import Crm

WELCOME = """<p>Dear {{informal_name}},</p>
<p>Thank you for joining {{organisation}}. You will hear from us when there is something worth
telling, and you can answer this message whenever you like: a person reads it.</p>
<p>With thanks,<br>{{sender_name}}</p>
"""

WELCOME_PLAIN = """Dear {{informal_name}},

Thank you for joining {{organisation}}. You will hear from us when there is something worth
telling, and you can answer this message whenever you like: a person reads it.

With thanks,
{{sender_name}}
"""


async def plant(crm: Crm) -> None:
    crm.session.add(
        Template(
            name="Welcome",
            category="welcome",
            purpose=Purpose.STEWARDSHIP,
            subject="Welcome to {{organisation}}",
            content=WELCOME,
            content_plain=WELCOME_PLAIN,
            variables=["organisation", "informal_name", "sender_name"],
            is_default=True,
        )
    )
