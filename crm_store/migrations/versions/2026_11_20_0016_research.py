"""Dossiers and facts."""

from crm_store.migrating import run

revision = "0016_research"
down_revision = "0015_workflows"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE dossiers (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    donor_id UUID,
    person_id UUID,
    version INTEGER NOT NULL,
    kind VARCHAR(40) NOT NULL,
    status VARCHAR(40) NOT NULL,
    requested_by UUID,
    queries TEXT[] NOT NULL,
    search_results JSONB NOT NULL,
    summary TEXT,
    age INTEGER,
    estimated_income TEXT,
    employer TEXT,
    job_title TEXT,
    interests TEXT[] NOT NULL,
    giving_capacity VARCHAR(40),
    data JSONB NOT NULL,
    sources JSONB NOT NULL,
    model TEXT,
    tokens INTEGER,
    processing_ms INTEGER,
    error TEXT,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_dossiers PRIMARY KEY (org_id, id),
    CONSTRAINT ck_dossiers_about_one CHECK (num_nonnulls(donor_id, person_id) = 1),
    CONSTRAINT uq_dossiers_org_id_donor_id_version UNIQUE (org_id, donor_id, version),
    CONSTRAINT uq_dossiers_org_id_person_id_version UNIQUE (org_id, person_id, version),
    CONSTRAINT ck_dossiers_kind_known CHECK (kind IN ('basic', 'standard', 'comprehensive')),
    CONSTRAINT ck_dossiers_status_known CHECK (status IN ('pending', 'searching', 'analyzing', 'completed', 'failed')),
    CONSTRAINT ck_dossiers_giving_capacity_known CHECK (giving_capacity IN ('low', 'medium', 'high', 'major'))
);
CREATE INDEX ix_dossiers_org_id_requested_by ON dossiers (org_id, requested_by);
CREATE INDEX ix_dossiers_org_id_status ON dossiers (org_id, status);
COMMENT ON COLUMN dossiers.model IS 'Which language model wrote it.';

CREATE TABLE facts (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    dossier_id UUID NOT NULL,
    topic VARCHAR(40) NOT NULL,
    claim TEXT NOT NULL,
    quote TEXT NOT NULL,
    source_url TEXT NOT NULL,
    source_title TEXT,
    source_date DATE,
    retrieved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    confidence NUMERIC(18, 4) NOT NULL,
    contradicts_id UUID,
    expires_on DATE,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    withdrawn_because TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_facts PRIMARY KEY (org_id, id),
    CONSTRAINT ck_facts_confidence_is_a_share CHECK (confidence >= 0 AND confidence <= 1),
    CONSTRAINT ck_facts_topic_known CHECK (topic IN ('identity', 'employment', 'education', 'family', 'wealth', 'property', 'philanthropy', 'interest', 'news', 'other'))
);
CREATE INDEX ix_facts_org_id_contradicts_id ON facts (org_id, contradicts_id);
CREATE INDEX ix_facts_org_id_dossier_id ON facts (org_id, dossier_id, topic);
CREATE INDEX ix_facts_org_id_expires_on ON facts (org_id, expires_on);
COMMENT ON COLUMN facts.quote IS 'Verbatim, from the source.';

CREATE TABLE identity_matches (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    dossier_id UUID NOT NULL,
    person_id UUID,
    grade VARCHAR(40) NOT NULL,
    score NUMERIC(18, 4) NOT NULL,
    source_url TEXT NOT NULL,
    found_name TEXT NOT NULL,
    evidence JSONB NOT NULL,
    verdict VARCHAR(40) NOT NULL,
    decided_by UUID,
    decided_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_identity_matches PRIMARY KEY (org_id, id),
    CONSTRAINT ck_identity_matches_grade_known CHECK (grade IN ('exact', 'near', 'possible')),
    CONSTRAINT ck_identity_matches_verdict_known CHECK (verdict IN ('open', 'confirmed', 'rejected'))
);
CREATE INDEX ix_identity_matches_org_id_decided_by ON identity_matches (org_id, decided_by);
CREATE INDEX ix_identity_matches_org_id_dossier_id ON identity_matches (org_id, dossier_id);
CREATE INDEX ix_identity_matches_org_id_person_id ON identity_matches (org_id, person_id);
CREATE UNIQUE INDEX uq_identity_matches_org_id_source ON identity_matches (org_id, dossier_id, person_id, source_url) WHERE person_id IS NOT NULL;
COMMENT ON COLUMN identity_matches.evidence IS 'One entry per field compared: ours, theirs, agreement.';
"""

DOWN = r"""
DROP TABLE identity_matches;
DROP TABLE facts;
DROP TABLE dossiers;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
