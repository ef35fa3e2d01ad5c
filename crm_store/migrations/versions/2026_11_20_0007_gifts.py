"""Gifts, promises, credits and receipts."""

from crm_store.migrating import run

revision = "0007_gifts"
down_revision = "0006_donors"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE funds (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    code TEXT,
    description TEXT,
    is_restricted BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_funds PRIMARY KEY (org_id, id),
    CONSTRAINT uq_funds_org_id_name UNIQUE (org_id, name)
);
COMMENT ON COLUMN funds.code IS 'As the bookkeepers call it.';
COMMENT ON COLUMN funds.is_restricted IS 'The giver''s wish binds the use of the money.';

CREATE TABLE receipt_numbers (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    year INTEGER NOT NULL,
    last INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_receipt_numbers PRIMARY KEY (org_id, id),
    CONSTRAINT uq_receipt_numbers_org_id_year UNIQUE (org_id, year)
);

CREATE TABLE appeals (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    code TEXT,
    description TEXT,
    starts_on DATE,
    ends_on DATE,
    goal_amount NUMERIC(18, 4),
    cost_amount NUMERIC(18, 4),
    currency TEXT,
    fund_id UUID,
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_appeals PRIMARY KEY (org_id, id),
    CONSTRAINT uq_appeals_org_id_name UNIQUE (org_id, name),
    CONSTRAINT ck_appeals_ends_after_start CHECK (ends_on >= starts_on)
);
CREATE INDEX ix_appeals_org_id_fund_id ON appeals (org_id, fund_id);
COMMENT ON COLUMN appeals.code IS 'What is printed on the reply slip.';
COMMENT ON COLUMN appeals.cost_amount IS 'What the asking cost us.';
COMMENT ON COLUMN appeals.currency IS 'Of the goal and the cost.';

CREATE TABLE projects (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    target_amount NUMERIC(18, 4),
    currency TEXT,
    starts_on DATE,
    ends_on DATE,
    status VARCHAR(40) NOT NULL,
    workspace_id UUID,
    settings JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_projects PRIMARY KEY (org_id, id),
    CONSTRAINT uq_projects_org_id_name UNIQUE (org_id, name),
    CONSTRAINT ck_projects_ends_after_start CHECK (ends_on >= starts_on),
    CONSTRAINT ck_projects_target_positive CHECK (target_amount > 0),
    CONSTRAINT ck_projects_target_whole CHECK ((target_amount IS NULL) = (currency IS NULL)),
    CONSTRAINT ck_projects_status_known CHECK (status IN ('draft', 'active', 'on_hold', 'completed', 'cancelled'))
);
CREATE INDEX ix_projects_org_id_workspace_id ON projects (org_id, workspace_id);
COMMENT ON COLUMN projects.currency IS 'Of the target.';

CREATE TABLE donor_giving (
    org_id UUID NOT NULL,
    donor_id UUID NOT NULL,
    currency TEXT NOT NULL,
    gifts INTEGER NOT NULL,
    total NUMERIC(18, 4) NOT NULL,
    largest NUMERIC(18, 4) NOT NULL,
    first_on DATE NOT NULL,
    first_amount NUMERIC(18, 4) NOT NULL,
    last_on DATE NOT NULL,
    last_amount NUMERIC(18, 4) NOT NULL,
    CONSTRAINT pk_donor_giving PRIMARY KEY (org_id, donor_id, currency)
);
CREATE INDEX ix_donor_giving_last ON donor_giving (org_id, last_on);
CREATE INDEX ix_donor_giving_top ON donor_giving (org_id, currency, total DESC);
COMMENT ON COLUMN donor_giving.first_amount IS 'The largest of that day.';
COMMENT ON COLUMN donor_giving.last_amount IS 'The largest of that day.';

CREATE TABLE giving_years (
    org_id UUID NOT NULL,
    donor_id UUID NOT NULL,
    fiscal_year INTEGER NOT NULL,
    currency TEXT NOT NULL,
    gifts INTEGER NOT NULL,
    total NUMERIC(18, 4) NOT NULL,
    largest NUMERIC(18, 4) NOT NULL,
    first_on DATE NOT NULL,
    first_amount NUMERIC(18, 4) NOT NULL,
    last_on DATE NOT NULL,
    last_amount NUMERIC(18, 4) NOT NULL,
    CONSTRAINT pk_giving_years PRIMARY KEY (org_id, donor_id, fiscal_year, currency)
);
CREATE INDEX ix_giving_years_top ON giving_years (org_id, fiscal_year, currency, total DESC);

CREATE TABLE pledges (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    donor_id UUID NOT NULL,
    amount NUMERIC(18, 4) NOT NULL,
    currency TEXT NOT NULL,
    pledged_on DATE NOT NULL,
    status VARCHAR(40) NOT NULL,
    paid NUMERIC(18, 4) DEFAULT '0' NOT NULL,
    written_off NUMERIC(18, 4) DEFAULT '0' NOT NULL,
    fund_id UUID,
    project_id UUID,
    appeal_id UUID,
    notes TEXT,
    source TEXT,
    external_id TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_pledges PRIMARY KEY (org_id, id),
    CONSTRAINT ck_pledges_amount_positive CHECK (amount > 0),
    CONSTRAINT ck_pledges_currency_code CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ck_pledges_written_off_within CHECK (written_off BETWEEN 0 AND amount),
    CONSTRAINT ck_pledges_status_known CHECK (status IN ('active', 'fulfilled', 'written_off'))
);
CREATE INDEX ix_pledges_org_id_appeal_id ON pledges (org_id, appeal_id);
CREATE INDEX ix_pledges_org_id_donor_id ON pledges (org_id, donor_id);
CREATE INDEX ix_pledges_org_id_fund_id ON pledges (org_id, fund_id);
CREATE INDEX ix_pledges_org_id_project_id ON pledges (org_id, project_id);
CREATE UNIQUE INDEX uq_pledges_external ON pledges (org_id, source, external_id) NULLS NOT DISTINCT WHERE external_id IS NOT NULL;
COMMENT ON COLUMN pledges.paid IS 'By gifts; kept by trigger.';
COMMENT ON COLUMN pledges.written_off IS 'Of its instalments; kept by trigger.';

CREATE TABLE receipts (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    donor_id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    year INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    number TEXT NOT NULL,
    issued_on DATE NOT NULL,
    covers_from DATE NOT NULL,
    covers_to DATE NOT NULL,
    language TEXT NOT NULL,
    issuer TEXT NOT NULL,
    names TEXT[] NOT NULL,
    address TEXT,
    totals JSONB NOT NULL,
    deductible_totals JSONB NOT NULL,
    text TEXT NOT NULL,
    replaces_id UUID,
    copies INTEGER DEFAULT '0' NOT NULL,
    last_copy_at TIMESTAMP WITH TIME ZONE,
    sent_at TIMESTAMP WITH TIME ZONE,
    voided_at TIMESTAMP WITH TIME ZONE,
    void_reason TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_receipts PRIMARY KEY (org_id, id),
    CONSTRAINT uq_receipts_org_id_year_serial UNIQUE (org_id, year, serial),
    CONSTRAINT uq_receipts_org_id_number UNIQUE (org_id, number),
    CONSTRAINT ck_receipts_serial_positive CHECK (serial > 0),
    CONSTRAINT ck_receipts_void_has_reason CHECK ((voided_at IS NULL) = (void_reason IS NULL)),
    CONSTRAINT ck_receipts_kind_known CHECK (kind IN ('single', 'annual'))
);
CREATE INDEX ix_receipts_donor ON receipts (org_id, donor_id, year);
CREATE INDEX ix_receipts_org_id_replaces_id ON receipts (org_id, replaces_id);
COMMENT ON COLUMN receipts.donor_id IS 'Follows the donor in a merge.';
COMMENT ON COLUMN receipts.year IS 'Fiscal or calendar, as the organisation numbers.';
COMMENT ON COLUMN receipts.serial IS 'From 1 in each year, without gaps.';
COMMENT ON COLUMN receipts.number IS 'As printed.';
COMMENT ON COLUMN receipts.covers_from IS 'The first day it speaks of.';
COMMENT ON COLUMN receipts.issuer IS 'The organisation as printed.';
COMMENT ON COLUMN receipts.names IS 'Whom it is made out to; both of a couple.';
COMMENT ON COLUMN receipts.totals IS 'Currency to total, as exact text.';
COMMENT ON COLUMN receipts.deductible_totals IS 'The part that may be deducted.';
COMMENT ON COLUMN receipts.text IS 'The whole paper as issued.';
COMMENT ON COLUMN receipts.replaces_id IS 'The void one it stands in for.';
COMMENT ON COLUMN receipts.copies IS 'Duplicates issued since.';

CREATE TABLE recurring_plans (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    donor_id UUID NOT NULL,
    amount NUMERIC(18, 4) NOT NULL,
    currency TEXT NOT NULL,
    frequency VARCHAR(40) NOT NULL,
    day INTEGER NOT NULL,
    method VARCHAR(40) NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE,
    expected_from DATE NOT NULL,
    expected_until DATE,
    next_on DATE,
    status VARCHAR(40) NOT NULL,
    status_reason TEXT,
    fund_id UUID,
    project_id UUID,
    appeal_id UUID,
    notes TEXT,
    source TEXT,
    external_id TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_recurring_plans PRIMARY KEY (org_id, id),
    CONSTRAINT ck_recurring_plans_amount_positive CHECK (amount > 0),
    CONSTRAINT ck_recurring_plans_currency_code CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ck_recurring_plans_day_of_month CHECK (day BETWEEN 1 AND 31),
    CONSTRAINT ck_recurring_plans_ends_after_start CHECK (ends_on >= starts_on),
    CONSTRAINT ck_recurring_plans_frequency_known CHECK (frequency IN ('weekly', 'monthly', 'quarterly', 'yearly')),
    CONSTRAINT ck_recurring_plans_method_known CHECK (method IN ('cash', 'check', 'credit_card', 'wire', 'direct_debit', 'stock', 'in_kind', 'crypto', 'other')),
    CONSTRAINT ck_recurring_plans_status_known CHECK (status IN ('active', 'paused', 'ended'))
);
CREATE INDEX ix_recurring_plans_org_id_appeal_id ON recurring_plans (org_id, appeal_id);
CREATE INDEX ix_recurring_plans_org_id_donor_id ON recurring_plans (org_id, donor_id);
CREATE INDEX ix_recurring_plans_org_id_fund_id ON recurring_plans (org_id, fund_id);
CREATE INDEX ix_recurring_plans_org_id_project_id ON recurring_plans (org_id, project_id);
CREATE UNIQUE INDEX uq_recurring_plans_external ON recurring_plans (org_id, source, external_id) NULLS NOT DISTINCT WHERE external_id IS NOT NULL;
COMMENT ON COLUMN recurring_plans.day IS 'Of the month, 31 meaning its last; of the week, 1 for Monday, when weekly.';
COMMENT ON COLUMN recurring_plans.expected_from IS 'No gift is expected before this day: the start, or the last resumption.';
COMMENT ON COLUMN recurring_plans.expected_until IS 'How far gifts have been foreseen.';
COMMENT ON COLUMN recurring_plans.next_on IS 'When the next gift is expected.';

CREATE TABLE instalments (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    pledge_id UUID NOT NULL,
    number INTEGER NOT NULL,
    due_on DATE NOT NULL,
    amount NUMERIC(18, 4) NOT NULL,
    paid NUMERIC(18, 4) DEFAULT '0' NOT NULL,
    written_off NUMERIC(18, 4) DEFAULT '0' NOT NULL,
    status VARCHAR(40) NOT NULL,
    write_off_reason TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_instalments PRIMARY KEY (org_id, id),
    CONSTRAINT uq_instalments_org_id_pledge_id_number UNIQUE (org_id, pledge_id, number),
    CONSTRAINT ck_instalments_amount_positive CHECK (amount > 0),
    CONSTRAINT ck_instalments_written_off_within CHECK (written_off BETWEEN 0 AND amount),
    CONSTRAINT ck_instalments_paid_within CHECK (paid BETWEEN 0 AND amount - written_off),
    CONSTRAINT ck_instalments_status_known CHECK (status IN ('open', 'paid', 'written_off'))
);
CREATE INDEX ix_instalments_open ON instalments (org_id, due_on) WHERE status = 'open';
COMMENT ON COLUMN instalments.number IS 'First is 1.';
COMMENT ON COLUMN instalments.paid IS 'Kept by trigger.';
COMMENT ON COLUMN instalments.status IS 'Kept by trigger.';

CREATE TABLE gifts (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    donor_id UUID NOT NULL,
    amount NUMERIC(18, 4) NOT NULL,
    currency TEXT NOT NULL,
    received_on DATE NOT NULL,
    method VARCHAR(40) NOT NULL,
    refunded NUMERIC(18, 4) DEFAULT '0' NOT NULL,
    reference_number TEXT,
    notes TEXT,
    fund_id UUID,
    project_id UUID,
    appeal_id UUID,
    recurring_plan_id UUID,
    instalment_id UUID,
    is_tax_deductible BOOLEAN DEFAULT true NOT NULL,
    deductible_amount NUMERIC(18, 4),
    is_anonymous BOOLEAN DEFAULT false NOT NULL,
    tribute_kind VARCHAR(40),
    tribute_name TEXT,
    outside_receipt_on DATE,
    source TEXT,
    external_id TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_gifts PRIMARY KEY (org_id, id),
    CONSTRAINT ck_gifts_amount_positive CHECK (amount > 0),
    CONSTRAINT ck_gifts_currency_code CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ck_gifts_refunded_within CHECK (refunded BETWEEN 0 AND amount),
    CONSTRAINT ck_gifts_deductible_within CHECK (deductible_amount BETWEEN 0 AND amount),
    CONSTRAINT ck_gifts_tribute_whole CHECK ((tribute_kind IS NULL) = (tribute_name IS NULL)),
    CONSTRAINT ck_gifts_method_known CHECK (method IN ('cash', 'check', 'credit_card', 'wire', 'direct_debit', 'stock', 'in_kind', 'crypto', 'other')),
    CONSTRAINT ck_gifts_tribute_kind_known CHECK (tribute_kind IN ('honour', 'memory'))
);
CREATE INDEX ix_gifts_appeal ON gifts (org_id, appeal_id, received_on) WHERE appeal_id IS NOT NULL;
CREATE INDEX ix_gifts_donor ON gifts (org_id, donor_id, received_on DESC);
CREATE INDEX ix_gifts_fund ON gifts (org_id, fund_id, received_on) WHERE fund_id IS NOT NULL;
CREATE INDEX ix_gifts_instalment ON gifts (org_id, instalment_id) WHERE instalment_id IS NOT NULL;
CREATE INDEX ix_gifts_largest ON gifts (org_id, currency, amount DESC) WHERE deleted_at IS NULL;
CREATE INDEX ix_gifts_plan ON gifts (org_id, recurring_plan_id) WHERE recurring_plan_id IS NOT NULL;
CREATE INDEX ix_gifts_project ON gifts (org_id, project_id, received_on) WHERE project_id IS NOT NULL;
CREATE INDEX ix_gifts_recent ON gifts (org_id, received_on DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX ix_gifts_reference ON gifts (org_id, reference_number) WHERE reference_number IS NOT NULL;
CREATE UNIQUE INDEX uq_gifts_external ON gifts (org_id, source, external_id) NULLS NOT DISTINCT WHERE external_id IS NOT NULL;
COMMENT ON COLUMN gifts.refunded IS 'Sum of its refunds; kept by trigger.';
COMMENT ON COLUMN gifts.reference_number IS 'Cheque, transfer or card slip.';
COMMENT ON COLUMN gifts.instalment_id IS 'Of the pledge it pays.';
COMMENT ON COLUMN gifts.deductible_amount IS 'Where goods were given in return; empty means all of it.';
COMMENT ON COLUMN gifts.outside_receipt_on IS 'Receipted in a former system on this day: no receipt is due from us.';
COMMENT ON COLUMN gifts.source IS 'The system or door it came from.';
COMMENT ON COLUMN gifts.external_id IS 'Its key there.';

CREATE TABLE expected_gifts (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    plan_id UUID NOT NULL,
    due_on DATE NOT NULL,
    amount NUMERIC(18, 4) NOT NULL,
    currency TEXT NOT NULL,
    status VARCHAR(40) NOT NULL,
    gift_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_expected_gifts PRIMARY KEY (org_id, id),
    CONSTRAINT uq_expected_gifts_org_id_plan_id_due_on UNIQUE (org_id, plan_id, due_on),
    CONSTRAINT ck_expected_gifts_received_by_gift CHECK ((status = 'received') = (gift_id IS NOT NULL)),
    CONSTRAINT ck_expected_gifts_status_known CHECK (status IN ('expected', 'received', 'missed', 'skipped'))
);
CREATE INDEX ix_expected_gifts_open ON expected_gifts (org_id, due_on) WHERE status IN ('expected', 'missed');
CREATE UNIQUE INDEX uq_expected_gifts_gift ON expected_gifts (org_id, gift_id) WHERE gift_id IS NOT NULL;

CREATE TABLE receipt_gifts (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    receipt_id UUID NOT NULL,
    gift_id UUID NOT NULL,
    line INTEGER NOT NULL,
    received_on DATE NOT NULL,
    amount NUMERIC(18, 4) NOT NULL,
    deductible_amount NUMERIC(18, 4) NOT NULL,
    currency TEXT NOT NULL,
    method VARCHAR(40) NOT NULL,
    purpose TEXT,
    is_void BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_receipt_gifts PRIMARY KEY (org_id, id),
    CONSTRAINT uq_receipt_gifts_org_id_receipt_id_line UNIQUE (org_id, receipt_id, line),
    CONSTRAINT ck_receipt_gifts_method_known CHECK (method IN ('cash', 'check', 'credit_card', 'wire', 'direct_debit', 'stock', 'in_kind', 'crypto', 'other'))
);
CREATE INDEX ix_receipt_gifts_gift ON receipt_gifts (org_id, gift_id);
CREATE UNIQUE INDEX uq_receipt_gifts_valid ON receipt_gifts (org_id, gift_id) WHERE NOT is_void;
COMMENT ON COLUMN receipt_gifts.amount IS 'Net of what had been returned.';
COMMENT ON COLUMN receipt_gifts.purpose IS 'Fund or project as printed.';
COMMENT ON COLUMN receipt_gifts.is_void IS 'With its receipt.';

CREATE TABLE refunds (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    gift_id UUID NOT NULL,
    amount NUMERIC(18, 4) NOT NULL,
    refunded_on DATE NOT NULL,
    reason TEXT,
    method VARCHAR(40),
    reference_number TEXT,
    source TEXT,
    external_id TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_refunds PRIMARY KEY (org_id, id),
    CONSTRAINT ck_refunds_amount_positive CHECK (amount > 0),
    CONSTRAINT ck_refunds_method_known CHECK (method IN ('cash', 'check', 'credit_card', 'wire', 'direct_debit', 'stock', 'in_kind', 'crypto', 'other'))
);
CREATE INDEX ix_refunds_org_id_gift_id ON refunds (org_id, gift_id);
CREATE UNIQUE INDEX uq_refunds_external ON refunds (org_id, source, external_id) NULLS NOT DISTINCT WHERE external_id IS NOT NULL;
COMMENT ON COLUMN refunds.amount IS 'In the gift''s currency.';

CREATE TABLE soft_credits (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    gift_id UUID NOT NULL,
    person_id UUID,
    donor_id UUID,
    kind VARCHAR(40) NOT NULL,
    amount NUMERIC(18, 4) NOT NULL,
    notes TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_soft_credits PRIMARY KEY (org_id, id),
    CONSTRAINT ck_soft_credits_amount_positive CHECK (amount > 0),
    CONSTRAINT ck_soft_credits_one_recipient CHECK (num_nonnulls(person_id, donor_id) = 1),
    CONSTRAINT ck_soft_credits_kind_known CHECK (kind IN ('spouse', 'solicitor', 'notified', 'match', 'facilitator'))
);
CREATE INDEX ix_soft_credits_donor ON soft_credits (org_id, donor_id) WHERE donor_id IS NOT NULL;
CREATE INDEX ix_soft_credits_person ON soft_credits (org_id, person_id) WHERE person_id IS NOT NULL;
CREATE UNIQUE INDEX uq_soft_credits_recipient ON soft_credits (org_id, gift_id, kind, person_id, donor_id) NULLS NOT DISTINCT;
COMMENT ON COLUMN soft_credits.amount IS 'In the gift''s currency, at most the gift.';
"""

DOWN = r"""
DROP TABLE soft_credits;
DROP TABLE refunds;
DROP TABLE receipt_gifts;
DROP TABLE expected_gifts;
DROP TABLE gifts;
DROP TABLE instalments;
DROP TABLE recurring_plans;
DROP TABLE receipts;
DROP TABLE pledges;
DROP TABLE giving_years;
DROP TABLE donor_giving;
DROP TABLE projects;
DROP TABLE appeals;
DROP TABLE receipt_numbers;
DROP TABLE funds;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
