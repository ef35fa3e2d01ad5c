"""Saved audiences."""

from crm_store.migrating import run

revision = "0019_segments"
down_revision = "0018_tasks"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE segments (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    kind VARCHAR(40) NOT NULL,
    subject VARCHAR(40) NOT NULL,
    filter JSONB,
    count INTEGER,
    refreshed_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_segments PRIMARY KEY (org_id, id),
    CONSTRAINT ck_segments_dynamic_has_filter CHECK (kind = 'static' OR filter IS NOT NULL),
    CONSTRAINT ck_segments_kind_known CHECK (kind IN ('dynamic', 'static')),
    CONSTRAINT ck_segments_subject_known CHECK (subject IN ('donors', 'people'))
);
CREATE UNIQUE INDEX uq_segments_org_id_name ON segments (org_id, name) WHERE deleted_at IS NULL;
COMMENT ON COLUMN segments.filter IS 'In the filter language; for a static list, what it was made from.';
COMMENT ON COLUMN segments.count IS 'As last counted, whoever may see them.';
COMMENT ON COLUMN segments.refreshed_at IS 'When count was taken.';

CREATE TABLE segment_members (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    segment_id UUID NOT NULL,
    donor_id UUID,
    person_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_segment_members PRIMARY KEY (org_id, id),
    CONSTRAINT ck_segment_members_one_member CHECK (num_nonnulls(donor_id, person_id) = 1),
    CONSTRAINT uq_segment_members_org_id_segment_id_donor_id UNIQUE (org_id, segment_id, donor_id),
    CONSTRAINT uq_segment_members_org_id_segment_id_person_id UNIQUE (org_id, segment_id, person_id)
);
CREATE INDEX ix_segment_members_org_id_donor_id ON segment_members (org_id, donor_id);
CREATE INDEX ix_segment_members_org_id_person_id ON segment_members (org_id, person_id);
"""

DOWN = r"""
DROP TABLE segment_members;
DROP TABLE segments;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
