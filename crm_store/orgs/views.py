"""What may be shown of an organisation and how it is set up."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm_store.orgs.models import FieldNoun, FieldType
from crm_store.view import View


class OrgView(View):
    id: UUID
    name: str
    slug: str
    subdomain: str | None
    logo_url: str | None
    currency: str
    timezone: str
    locale: str
    date_format: str
    time_format: str
    fiscal_year_starts: int
    subscription_tier: str
    legal_name: str | None
    tax_id: str | None
    registration_number: str | None
    address: str | None
    city: str | None
    postal_code: str | None
    country: str | None
    phone: str | None
    email: str | None
    website_url: str | None
    website_crawled_at: datetime | None
    ai_instructions: str | None


class WorkspaceView(View):
    id: UUID
    name: str
    description: str | None


class CustomFieldView(View):
    id: UUID
    noun: FieldNoun
    name: str
    label: str
    type: FieldType
    options: list[str]
    is_required: bool
    sort_order: int
    description: str | None
