"""What campaigns are made of: templates, signatures and files."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import update

from crm_store.base import now
from crm_store.campaigns.models import (
    Align,
    Asset,
    AssetKind,
    AssetRole,
    CampaignAsset,
    CampaignStatus,
    ProviderApproval,
    Signature,
    Template,
)
from crm_store.channel import Channel
from crm_store.crm import Crm
from crm_store.errors import Conflict, Invalid

VARIABLE = re.compile(r"\{\{\s*([a-z][a-z0-9_.]*)\s*\}\}", re.IGNORECASE)
BRACES = re.compile(r"\{\{.*?\}\}", re.DOTALL)
BIGGEST = 10 * 1024 * 1024
WORDS = frozenset({"subject", "content", "content_plain", "buttons", "language"})


class BadVariable(Invalid):
    """A variable is a name in double braces, as in {{given_name}}."""


def variables_in(*texts: str | None) -> list[str]:
    """The names in double braces, each once, in the order they appear."""
    found: dict[str, None] = {}
    for text in filter(None, texts):
        for braces in BRACES.findall(text):
            named = VARIABLE.fullmatch(braces)
            if named is None:
                raise BadVariable(f"“{braces[:60]}” is not a variable; write {{{{given_name}}}}.")
            found[named.group(1).lower()] = None
    return list(found)


def fill(text: str, values: dict[str, Any]) -> str:
    """The text with every variable replaced; one without a value stops the message."""
    lowered = {name.lower(): value for name, value in values.items()}

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1).lower()
        if lowered.get(name) is None:
            raise Invalid(f"There is nothing to put in place of {{{{{name}}}}}.")
        return str(lowered[name])

    return VARIABLE.sub(value_of, text)


async def write_template(crm: Crm, name: str, content: str, **facts: Any) -> Template:
    """Words to begin from; its variables are read from the text."""
    if not name.strip() or not content.strip():
        raise Invalid("A template needs a name and words.")
    template = crm.templates.add(Template(name=name.strip(), content=content, **facts))
    _read_variables(template)
    await _refuse_twin(crm, template)
    await crm.flush()
    return template


async def change_template(crm: Crm, template_id: UUID, **changes: Any) -> Template:
    """Change a template; for WhatsApp new words must be approved by the provider again."""
    template = await crm.templates.get(template_id, lock=True)
    for name, value in changes.items():
        if name not in Template.__mapper__.column_attrs:
            raise Invalid(f"A template has no {name.replace('_', ' ')}.")
        setattr(template, name, value)
    if template.channel is Channel.WHATSAPP and changes.keys() & WORDS:
        template.provider_approval = ProviderApproval.SUBMITTED
        template.provider_content_sid = changes.get("provider_content_sid")
    _read_variables(template)
    await crm.flush()
    return template


async def use_template(crm: Crm, template_id: UUID) -> Template:
    """Count one more use of a template."""
    template = await crm.templates.get(template_id)
    await crm.session.execute(
        update(Template)
        .where(Template.org_id == template.org_id, Template.id == template.id)
        .values(usage_count=Template.usage_count + 1, last_used_at=now())
    )
    await crm.session.refresh(template, ["usage_count", "last_used_at"])
    return template


async def remove_template(crm: Crm, template_id: UUID) -> Template:
    """Take a template out of use; what was made from it stays."""
    template = await crm.templates.get(template_id, lock=True)
    template.deleted_at = now()
    await crm.flush()
    return template


async def write_signature(
    crm: Crm,
    name: str,
    content: str,
    *,
    member_id: UUID | None = None,
    is_default: bool = False,
    **facts: Any,
) -> Signature:
    """What stands under messages: the organisation's, or a member's own."""
    if is_default:
        await _step_down(crm, member_id)
    made = crm.signatures.add(
        Signature(
            name=name.strip(), content=content, member_id=member_id, is_default=is_default, **facts
        )
    )
    await crm.flush()
    return made


async def make_default_signature(crm: Crm, signature_id: UUID) -> Signature:
    signature = await crm.signatures.get(signature_id, lock=True)
    await _step_down(crm, signature.member_id)
    signature.is_default = True
    await crm.flush()
    return signature


async def keep_asset(
    crm: Crm,
    file_name: str,
    mime_type: str,
    *,
    data: bytes | None = None,
    blob_path: str | None = None,
    size_bytes: int | None = None,
    digest: bytes | None = None,
    **facts: Any,
) -> Asset:
    """Keep a picture or a file; the same bytes again are the same file."""
    if data is not None:
        if len(data) > BIGGEST:
            raise Invalid("A file may be 10 MB at most.")
        size_bytes, digest = len(data), sha256(data).digest()
    if size_bytes is None or digest is None or (data is None and blob_path is None):
        raise Invalid("Give the file's bytes, or its place, size and SHA-256.")
    known = await crm.assets.same_file(digest)
    if known is not None:
        return known
    kind = AssetKind.IMAGE if mime_type.casefold().startswith("image/") else AssetKind.FILE
    asset = crm.assets.add(
        Asset(
            file_name=file_name,
            mime_type=mime_type.casefold(),
            kind=kind,
            size_bytes=size_bytes,
            sha256=digest,
            data=data,
            blob_path=blob_path,
            **facts,
        )
    )
    await crm.flush()
    return asset


async def remove_asset(crm: Crm, asset_id: UUID) -> Asset:
    """Out of the library; campaigns that carry it keep it."""
    asset = await crm.assets.get(asset_id, lock=True)
    asset.deleted_at = now()
    await crm.flush()
    return asset


async def place_asset(
    crm: Crm,
    campaign_id: UUID,
    asset_id: UUID,
    *,
    role: AssetRole = AssetRole.INLINE_IMAGE,
    align: Align | None = None,
    **facts: Any,
) -> CampaignAsset:
    """Put a file into a campaign, after those already there."""
    campaign = await crm.campaigns.get(campaign_id, lock=True)
    if campaign.status is not CampaignStatus.DRAFT:
        raise Conflict("Only a draft can be changed.")
    asset = await crm.assets.get(asset_id)
    if role is AssetRole.INLINE_IMAGE and asset.kind is not AssetKind.IMAGE:
        raise Invalid("Only a picture can stand in the text.")
    others = await crm.campaign_assets.of(campaign.id)
    facts.setdefault("sort_order", 1 + max((other.sort_order for other in others), default=-1))
    made = crm.campaign_assets.add(
        CampaignAsset(campaign_id=campaign.id, asset_id=asset.id, role=role, align=align, **facts)
    )
    await crm.flush()
    return made


def _read_variables(template: Template) -> None:
    template.variables = variables_in(template.subject, template.content, template.content_plain)


async def _refuse_twin(crm: Crm, template: Template) -> None:
    with crm.session.no_autoflush:
        same = crm.templates.everything().where(
            Template.name == template.name,
            Template.language == (template.language or "en"),
            Template.id != template.id,
        )
        if await crm.templates.first(same) is not None:
            crm.session.expunge(template)
            raise Conflict(f"There is a template “{template.name}” in this language already.")


async def _step_down(crm: Crm, member_id: UUID | None) -> None:
    """Whoever was the default no longer is."""
    query = crm.signatures.everything().where(Signature.is_default)
    query = query.where(
        Signature.member_id == member_id if member_id else Signature.member_id.is_(None)
    )
    for other in await crm.signatures.all(query):
        other.is_default = False
    await crm.flush()
