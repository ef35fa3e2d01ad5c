"""Import jobs and their rows."""

from crm_store.migrating import run

revision = "0022_imports"
down_revision = "0021_assistants"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE import_jobs (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT,
    size_bytes INTEGER,
    kind VARCHAR(40) NOT NULL,
    source TEXT,
    noun TEXT NOT NULL,
    mapping JSONB NOT NULL,
    options JSONB NOT NULL,
    status VARCHAR(40) NOT NULL,
    total_rows INTEGER,
    loaded_rows INTEGER NOT NULL,
    duplicate_rows INTEGER NOT NULL,
    bad_rows INTEGER NOT NULL,
    undone_rows INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    dry_run BOOLEAN NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by UUID,
    error TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_import_jobs PRIMARY KEY (org_id, id),
    CONSTRAINT ck_import_jobs_kind_known CHECK (kind IN ('csv', 'xlsx', 'database')),
    CONSTRAINT ck_import_jobs_status_known CHECK (status IN ('preview', 'ready', 'running', 'completed', 'failed', 'undoing', 'undone', 'cancelled'))
);
CREATE INDEX ix_import_jobs_org_id_sha256 ON import_jobs (org_id, sha256);
CREATE INDEX ix_import_jobs_org_id_status ON import_jobs (org_id, status);
CREATE INDEX ix_import_jobs_org_id_undone_by ON import_jobs (org_id, undone_by);
COMMENT ON COLUMN import_jobs.source IS 'The system its ids belong to, as in external_ids.';
COMMENT ON COLUMN import_jobs.noun IS 'What a row is: donors, gifts, people…';
COMMENT ON COLUMN import_jobs.cursor IS 'Last row number dealt with.';

CREATE TABLE external_ids (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    table_name TEXT NOT NULL,
    row_id UUID NOT NULL,
    job_id UUID,
    seen_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_external_ids PRIMARY KEY (org_id, id),
    CONSTRAINT uq_external_ids_org_id_source_kind_external_id UNIQUE (org_id, source, kind, external_id)
);
CREATE INDEX ix_external_ids_org_id_job_id ON external_ids (org_id, job_id);
CREATE INDEX ix_external_ids_org_id_row ON external_ids (org_id, table_name, row_id);
COMMENT ON COLUMN external_ids.kind IS 'What the other system calls such a thing.';

CREATE TABLE import_columns (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    job_id UUID NOT NULL,
    position INTEGER NOT NULL,
    header TEXT NOT NULL,
    target TEXT,
    matched_by VARCHAR(40) NOT NULL,
    confidence NUMERIC(18, 4) NOT NULL,
    samples TEXT[] NOT NULL,
    filled INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_import_columns PRIMARY KEY (org_id, id),
    CONSTRAINT uq_import_columns_org_id_job_id_position UNIQUE (org_id, job_id, position),
    CONSTRAINT ck_import_columns_matched_by_known CHECK (matched_by IN ('name', 'content', 'person', 'remembered', 'none'))
);
COMMENT ON COLUMN import_columns.target IS 'The field it fills; none: left out.';
COMMENT ON COLUMN import_columns.filled IS 'How many of the rows seen have it.';

CREATE TABLE import_rows (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    job_id UUID NOT NULL,
    number INTEGER NOT NULL,
    raw JSONB NOT NULL,
    status VARCHAR(40) NOT NULL,
    reason TEXT,
    target_table TEXT,
    target_id UUID,
    created_target BOOLEAN NOT NULL,
    before JSONB,
    dedupe_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_import_rows PRIMARY KEY (org_id, id),
    CONSTRAINT uq_import_rows_org_id_job_id_number UNIQUE (org_id, job_id, number),
    CONSTRAINT ck_import_rows_status_known CHECK (status IN ('pending', 'loaded', 'duplicate', 'bad', 'undone'))
);
CREATE INDEX ix_import_rows_org_id_dedupe_key ON import_rows (org_id, dedupe_key);
CREATE INDEX ix_import_rows_org_id_status ON import_rows (org_id, job_id, status, number);
CREATE INDEX ix_import_rows_org_id_target ON import_rows (org_id, target_table, target_id);
COMMENT ON COLUMN import_rows.reason IS 'In a sentence, why it is bad or known.';
COMMENT ON COLUMN import_rows.created_target IS 'It made the target, so undoing may remove it.';
COMMENT ON COLUMN import_rows.before IS 'What it overwrote, for undoing.';
"""

DOWN = r"""
DROP TABLE import_rows;
DROP TABLE import_columns;
DROP TABLE external_ids;
DROP TABLE import_jobs;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
