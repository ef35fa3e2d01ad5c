"""Telling scanners and prefetching mail programs from people who read."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from crm_store.outreach.models import TrackingKind

AT_ONCE = timedelta(seconds=3)

SCANNERS = re.compile(
    r"bot\b|crawler|spider|preview|scanner|safelinks|proofpoint|mimecast|barracuda|fireeye|"
    r"symantec|trendmicro|forcepoint|messagelabs|python-requests|python-httpx|aiohttp|curl/|wget|"
    r"go-http-client|okhttp|java/|headless|phantomjs|googleimageproxy|yahoomailproxy|"
    r"microsoft office|ms-office|bingpreview|facebookexternalhit|whatsapp/|slackbot|skypeuri",
    re.IGNORECASE,
)
PREFETCH = re.compile(r"^mozilla/5\.0$|apple ?mail ?privacy|cloudflare-privacy", re.IGNORECASE)


def is_machine(
    kind: TrackingKind,
    at: datetime,
    sent_at: datetime | None,
    user_agent: str | None,
    method: str = "GET",
) -> bool:
    """Whether an open or a click was most likely nobody reading."""
    if kind not in {TrackingKind.OPEN, TrackingKind.CLICK}:
        return False
    agent = (user_agent or "").strip()
    if not agent or method.upper() == "HEAD" or SCANNERS.search(agent) or PREFETCH.search(agent):
        return True
    return sent_at is not None and at - sent_at < AT_ONCE
