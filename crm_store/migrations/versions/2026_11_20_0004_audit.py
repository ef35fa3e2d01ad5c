"""The log of who changed what, and what came in."""

from crm_store.migrating import run

revision = "0004_audit"
down_revision = "0003_identity"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE audit_details (
    org_id UUID NOT NULL,
    seq INTEGER NOT NULL,
    salt BYTEA NOT NULL,
    changes JSONB NOT NULL,
    CONSTRAINT pk_audit_details PRIMARY KEY (org_id, seq)
);

CREATE TABLE audit_heads (
    org_id UUID NOT NULL,
    seq INTEGER NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_audit_heads PRIMARY KEY (org_id)
);

CREATE TABLE audit_log (
    org_id UUID NOT NULL,
    seq INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id UUID,
    door TEXT NOT NULL,
    action TEXT NOT NULL,
    table_name TEXT NOT NULL,
    row_id UUID,
    digest BYTEA NOT NULL,
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_audit_log PRIMARY KEY (org_id, seq)
);
COMMENT ON COLUMN audit_log.digest IS 'Of the salt and the details.';

CREATE TABLE webhook_events (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    source TEXT NOT NULL,
    event_type TEXT NOT NULL,
    receipt TEXT,
    payload JSONB NOT NULL,
    status VARCHAR(40) NOT NULL,
    processed_at TIMESTAMP WITH TIME ZONE,
    error_message TEXT,
    retry_count INTEGER NOT NULL,
    headers JSONB NOT NULL,
    signature TEXT,
    ip_address TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_webhook_events PRIMARY KEY (org_id, id),
    CONSTRAINT ck_webhook_events_status_known CHECK (status IN ('pending', 'processed', 'failed'))
);
COMMENT ON COLUMN webhook_events.receipt IS 'The provider''s id: a repeat is one event.';

CREATE TABLE product_events (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    member_id UUID,
    workspace_id UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    source TEXT,
    url TEXT,
    user_agent TEXT,
    ip_address TEXT,
    session_key TEXT,
    properties JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_product_events PRIMARY KEY (org_id, id)
);
CREATE INDEX ix_product_events_org_id_member_id ON product_events (org_id, member_id);
CREATE INDEX ix_product_events_org_id_workspace_id ON product_events (org_id, workspace_id);
"""

DOWN = r"""
DROP TABLE product_events;
DROP TABLE webhook_events;
DROP TABLE audit_log;
DROP TABLE audit_heads;
DROP TABLE audit_details;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
