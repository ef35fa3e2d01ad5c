"""Giving units and their journey."""

from crm_store.migrating import run

revision = "0006_donors"
down_revision = "0005_contacts"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE journeys (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    graph JSONB NOT NULL,
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_journeys PRIMARY KEY (org_id, id),
    CONSTRAINT uq_journeys_org_id_version UNIQUE (org_id, version)
);
CREATE UNIQUE INDEX uq_journeys_active ON journeys (org_id) WHERE is_active;

CREATE TABLE donors (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    owner_id UUID,
    kind VARCHAR(40) NOT NULL,
    name TEXT NOT NULL,
    formal_salutation TEXT NOT NULL,
    informal_salutation TEXT NOT NULL,
    custom_names TEXT[] NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    status VARCHAR(40) NOT NULL,
    company_id UUID,
    household_id UUID,
    address_id UUID,
    city_key TEXT COLLATE "C" NOT NULL,
    journey_stage TEXT,
    stage_since TIMESTAMP WITH TIME ZONE,
    classification TEXT,
    capacity VARCHAR(40),
    external_source TEXT NOT NULL,
    external_id TEXT,
    language TEXT,
    is_anonymous BOOLEAN NOT NULL,
    do_not_contact BOOLEAN NOT NULL,
    do_not_solicit BOOLEAN NOT NULL,
    contact_hold_until DATE,
    contact_hold_reason TEXT,
    last_contacted_at TIMESTAMP WITH TIME ZONE,
    next_follow_up_at TIMESTAMP WITH TIME ZONE,
    merged_into_id UUID,
    workspace_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_donors PRIMARY KEY (org_id, id),
    CONSTRAINT ck_donors_company_named CHECK ((kind = 'company') = (company_id IS NOT NULL)),
    CONSTRAINT ck_donors_kind_known CHECK (kind IN ('individual', 'couple', 'company')),
    CONSTRAINT ck_donors_status_known CHECK (status IN ('active', 'inactive', 'deceased')),
    CONSTRAINT ck_donors_capacity_known CHECK (capacity IN ('low', 'medium', 'high', 'major'))
);
CREATE INDEX ix_donors_city ON donors (org_id, city_key, sort_key, id) WHERE deleted_at IS NULL;
CREATE INDEX ix_donors_name ON donors (org_id, sort_key, id) WHERE deleted_at IS NULL;
CREATE INDEX ix_donors_org_id_address_id ON donors (org_id, address_id);
CREATE INDEX ix_donors_org_id_company_id ON donors (org_id, company_id);
CREATE INDEX ix_donors_org_id_household_id ON donors (org_id, household_id);
CREATE INDEX ix_donors_org_id_last_contacted_at ON donors (org_id, last_contacted_at);
CREATE INDEX ix_donors_org_id_merged_into_id ON donors (org_id, merged_into_id);
CREATE INDEX ix_donors_org_id_workspace_id ON donors (org_id, workspace_id);
CREATE INDEX ix_donors_owner ON donors (org_id, owner_id, sort_key, id) WHERE deleted_at IS NULL;
CREATE INDEX ix_donors_stage ON donors (org_id, journey_stage, sort_key, id) INCLUDE (status) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX uq_donors_external ON donors (org_id, external_source, external_id) WHERE deleted_at IS NULL AND external_id IS NOT NULL;
COMMENT ON COLUMN donors.name IS 'As on an envelope: Ruth and David Cohen.';
COMMENT ON COLUMN donors.custom_names IS 'Which of the three names above somebody wrote by hand.';
COMMENT ON COLUMN donors.sort_key IS 'Family name first, folded.';
COMMENT ON COLUMN donors.city_key IS 'Follows the address; kept by trigger.';
COMMENT ON COLUMN donors.journey_stage IS 'A stage id of the active journey.';
COMMENT ON COLUMN donors.classification IS 'As in High-value or Regular.';
COMMENT ON COLUMN donors.is_anonymous IS 'Never named in public.';
COMMENT ON COLUMN donors.contact_hold_until IS 'As after a bereavement.';

CREATE TABLE donor_assignments (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    donor_id UUID NOT NULL,
    member_id UUID,
    assigned_by_id UUID,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    reason TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_donor_assignments PRIMARY KEY (org_id, id)
);
CREATE INDEX ix_donor_assignments_org_id_assigned_by_id ON donor_assignments (org_id, assigned_by_id);
CREATE INDEX ix_donor_assignments_org_id_donor_id_started_at ON donor_assignments (org_id, donor_id, started_at);
CREATE INDEX ix_donor_assignments_org_id_member_id ON donor_assignments (org_id, member_id);
CREATE UNIQUE INDEX uq_donor_assignments_current ON donor_assignments (org_id, donor_id) WHERE ended_at IS NULL;

CREATE TABLE donor_people (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    donor_id UUID NOT NULL,
    person_id UUID NOT NULL,
    is_primary BOOLEAN NOT NULL,
    left_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_donor_people PRIMARY KEY (org_id, id)
);
CREATE INDEX ix_donor_people_org_id_donor_id ON donor_people (org_id, donor_id);
CREATE INDEX ix_donor_people_org_id_person_id ON donor_people (org_id, person_id);
CREATE UNIQUE INDEX uq_donor_people_current ON donor_people (org_id, donor_id, person_id) WHERE left_at IS NULL;
CREATE UNIQUE INDEX uq_donor_people_primary ON donor_people (org_id, donor_id) WHERE is_primary AND left_at IS NULL;
COMMENT ON COLUMN donor_people.left_at IS 'When they stopped giving together.';

CREATE TABLE stage_changes (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    donor_id UUID NOT NULL,
    journey_id UUID,
    from_stage TEXT,
    to_stage TEXT NOT NULL,
    reason TEXT,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    member_id UUID,
    was_forced BOOLEAN NOT NULL,
    seconds_before INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_stage_changes PRIMARY KEY (org_id, id)
);
CREATE INDEX ix_stage_changes_org_id_donor_id_at ON stage_changes (org_id, donor_id, at);
CREATE INDEX ix_stage_changes_org_id_journey_id ON stage_changes (org_id, journey_id);
CREATE INDEX ix_stage_changes_org_id_member_id ON stage_changes (org_id, member_id);
CREATE INDEX ix_stage_changes_org_id_to_stage_at ON stage_changes (org_id, to_stage, at);
COMMENT ON COLUMN stage_changes.seconds_before IS 'Time spent in the stage left.';
"""

DOWN = r"""
DROP TABLE stage_changes;
DROP TABLE donor_people;
DROP TABLE donor_assignments;
DROP TABLE donors;
DROP TABLE journeys;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
