"""Leads, how they score and what became of them."""

from crm_store.migrating import run

revision = "0008_leads"
down_revision = "0007_gifts"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE scoring_rules (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    points INTEGER NOT NULL,
    condition JSONB NOT NULL,
    position INTEGER NOT NULL,
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_scoring_rules PRIMARY KEY (org_id, id),
    CONSTRAINT ck_scoring_rules_points_in_range CHECK (points BETWEEN -100 AND 100)
);
CREATE UNIQUE INDEX ix_scoring_rules_org_id_name ON scoring_rules (org_id, name);
COMMENT ON COLUMN scoring_rules.condition IS 'One of crm_store.leads.scoring.Condition.';

CREATE TABLE leads (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    company_name TEXT,
    job_title TEXT,
    source VARCHAR(40) NOT NULL,
    source_detail TEXT,
    status VARCHAR(40) NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    close_reason TEXT,
    score INTEGER NOT NULL,
    score_reasons JSONB NOT NULL,
    scored_at TIMESTAMP WITH TIME ZONE,
    expected_value NUMERIC(18, 4),
    currency TEXT,
    notes TEXT,
    stage_id UUID,
    project_id UUID,
    visitor_id UUID,
    conversation_id UUID,
    owner_id UUID,
    workspace_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_leads PRIMARY KEY (org_id, id),
    CONSTRAINT ck_leads_score_in_range CHECK (score BETWEEN 0 AND 100),
    CONSTRAINT ck_leads_closed_when_decided CHECK ((status IN ('won', 'lost')) = (closed_at IS NOT NULL)),
    CONSTRAINT ck_leads_source_known CHECK (source IN ('website', 'referral', 'import', 'manual', 'widget', 'email', 'whatsapp', 'phone', 'event', 'campaign', 'workflow', 'api', 'other')),
    CONSTRAINT ck_leads_status_known CHECK (status IN ('new', 'contacted', 'qualified', 'proposal', 'won', 'lost'))
);
CREATE INDEX ix_leads_hottest ON leads (org_id, score, id) WHERE closed_at IS NULL AND deleted_at IS NULL;
CREATE INDEX ix_leads_org_id_conversation_id ON leads (org_id, conversation_id);
CREATE INDEX ix_leads_org_id_email ON leads (org_id, email);
CREATE INDEX ix_leads_org_id_owner_id ON leads (org_id, owner_id);
CREATE INDEX ix_leads_org_id_phone ON leads (org_id, phone);
CREATE INDEX ix_leads_org_id_project_id ON leads (org_id, project_id);
CREATE INDEX ix_leads_org_id_stage_id ON leads (org_id, stage_id);
CREATE INDEX ix_leads_org_id_status_id ON leads (org_id, status, id);
CREATE INDEX ix_leads_org_id_visitor_id ON leads (org_id, visitor_id);
CREATE INDEX ix_leads_org_id_workspace_id ON leads (org_id, workspace_id);
CREATE INDEX ix_leads_unscored ON leads (org_id, id) WHERE scored_at IS NULL AND closed_at IS NULL AND deleted_at IS NULL;
COMMENT ON COLUMN leads.email IS 'Lower case.';
COMMENT ON COLUMN leads.phone IS 'E.164 where it could be understood.';
COMMENT ON COLUMN leads.source_detail IS 'The page, campaign or referrer.';
COMMENT ON COLUMN leads.score_reasons IS 'The rules behind the score as they stood: rule, name, points.';
COMMENT ON COLUMN leads.notes IS 'What they said when they came.';

CREATE TABLE lead_assignments (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    lead_id UUID NOT NULL,
    member_id UUID,
    assigned_by_id UUID,
    assigned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    method VARCHAR(40) NOT NULL,
    reason TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_lead_assignments PRIMARY KEY (org_id, id),
    CONSTRAINT ck_lead_assignments_method_known CHECK (method IN ('manual', 'round_robin', 'least_loaded', 'workflow', 'import'))
);
CREATE INDEX ix_lead_assignments_org_id_lead_id ON lead_assignments (org_id, lead_id);
CREATE INDEX ix_lead_assignments_org_id_member_id_assigned_at ON lead_assignments (org_id, member_id, assigned_at);

CREATE TABLE lead_conversions (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    lead_id UUID NOT NULL,
    person_id UUID,
    company_id UUID,
    donor_id UUID,
    deal_id UUID,
    created TEXT[] NOT NULL,
    carried JSONB NOT NULL,
    status_before VARCHAR(40) NOT NULL,
    converted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    converted_by_id UUID,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_lead_conversions PRIMARY KEY (org_id, id),
    CONSTRAINT ck_lead_conversions_status_before_known CHECK (status_before IN ('new', 'contacted', 'qualified', 'proposal', 'won', 'lost'))
);
CREATE INDEX ix_lead_conversions_org_id_company_id ON lead_conversions (org_id, company_id);
CREATE INDEX ix_lead_conversions_org_id_deal_id ON lead_conversions (org_id, deal_id);
CREATE INDEX ix_lead_conversions_org_id_donor_id ON lead_conversions (org_id, donor_id);
CREATE INDEX ix_lead_conversions_org_id_lead_id ON lead_conversions (org_id, lead_id);
CREATE INDEX ix_lead_conversions_org_id_person_id ON lead_conversions (org_id, person_id);
CREATE UNIQUE INDEX uq_lead_conversions_standing ON lead_conversions (org_id, lead_id) WHERE undone_at IS NULL;
COMMENT ON COLUMN lead_conversions.created IS 'Which of person, company, donor and deal it brought into being.';
COMMENT ON COLUMN lead_conversions.carried IS 'Ids of the rows that moved along, by table.';

CREATE TABLE prospects (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    visitor_id UUID,
    conversation_id UUID,
    assistant_id UUID,
    lead_id UUID,
    name TEXT,
    email TEXT,
    phone TEXT,
    company_name TEXT,
    source VARCHAR(40) NOT NULL,
    source_detail TEXT,
    lead_quality VARCHAR(40),
    notes TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_prospects PRIMARY KEY (org_id, id),
    CONSTRAINT ck_prospects_can_be_reached CHECK (num_nonnulls(email, phone) > 0),
    CONSTRAINT ck_prospects_source_known CHECK (source IN ('website', 'referral', 'import', 'manual', 'widget', 'email', 'whatsapp', 'phone', 'event', 'campaign', 'workflow', 'api', 'other')),
    CONSTRAINT ck_prospects_lead_quality_known CHECK (lead_quality IN ('hot', 'warm', 'cold', 'unqualified'))
);
CREATE INDEX ix_prospects_org_id_assistant_id ON prospects (org_id, assistant_id);
CREATE INDEX ix_prospects_org_id_conversation_id ON prospects (org_id, conversation_id);
CREATE INDEX ix_prospects_org_id_email ON prospects (org_id, email);
CREATE INDEX ix_prospects_org_id_lead_id ON prospects (org_id, lead_id);
CREATE INDEX ix_prospects_org_id_visitor_id ON prospects (org_id, visitor_id);
"""

DOWN = r"""
DROP TABLE prospects;
DROP TABLE lead_conversions;
DROP TABLE lead_assignments;
DROP TABLE leads;
DROP TABLE scoring_rules;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
