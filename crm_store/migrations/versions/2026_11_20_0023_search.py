"""The search index."""

from crm_store.migrating import run

revision = "0023_search"
down_revision = "0022_imports"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE search_entries (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    label TEXT NOT NULL,
    place TEXT,
    year SMALLINT,
    note TEXT,
    donor_id UUID,
    owner_id UUID,
    workspace_id UUID,
    weight SMALLINT NOT NULL,
    terms TEXT[] NOT NULL,
    indexed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_search_entries PRIMARY KEY (org_id, id),
    CONSTRAINT ck_search_entries_kind_known CHECK (kind IN ('donor', 'person', 'company', 'lead', 'ticket', 'gift'))
);
COMMENT ON COLUMN search_entries.place IS 'The city, to tell namesakes apart.';
COMMENT ON COLUMN search_entries.year IS 'Of the last gift.';
COMMENT ON COLUMN search_entries.note IS 'A status or number that tells it apart.';
COMMENT ON COLUMN search_entries.donor_id IS 'The giving unit a person belongs to.';
COMMENT ON COLUMN search_entries.weight IS '0 to 100.';
COMMENT ON COLUMN search_entries.terms IS 'The words it is filed under.';

CREATE TABLE search_keys (
    org_id UUID NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    term TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_search_keys PRIMARY KEY (org_id, key, term)
);

CREATE TABLE search_terms (
    org_id UUID NOT NULL,
    term TEXT COLLATE "C" NOT NULL,
    weight SMALLINT NOT NULL,
    entry_id UUID NOT NULL,
    kind TEXT NOT NULL,
    owner_id UUID,
    workspace_id UUID,
    CONSTRAINT pk_search_terms PRIMARY KEY (org_id, term, weight, entry_id) INCLUDE (kind, owner_id, workspace_id)
);
"""

DOWN = r"""
DROP TABLE search_terms;
DROP TABLE search_keys;
DROP TABLE search_entries;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
