"""Who came, stayed, left and came back, and what second gifts tell."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date, Integer, Uuid, and_, column, func, or_, select, true

from crm_store.gifts.models import DonorGiving, Gift, GivingYear
from crm_store.reports.cuts import donor_cuts
from crm_store.reports.facts import DONORS, Derived, kept, of_donor
from crm_store.reports.measure import Figure, Measure, Ratio
from crm_store.reports.measures.giving import COUNTS
from crm_store.reports.plan import BEFORE_CLOSES, BEFORE_OPENS, CLOSES, ORG, STEP, OPENS, Plan

GIVER = column("giver_id", Uuid())
BEGAN_ON = column("began_on", Date())
GIFT_COUNT = column("gift_count", Integer())
GAVE_NOW, GAVE_BEFORE, GAVE_EVER = (column(name) for name in ("gave_now", "gave_before", "gave_ever"))
