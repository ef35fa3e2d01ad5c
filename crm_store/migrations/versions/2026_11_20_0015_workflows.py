"""Workflows, their versions and runs."""

from crm_store.migrating import run

revision = "0015_workflows"
down_revision = "0014_sequences"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE node_types (
    "group" VARCHAR(40) NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    config_schema JSONB NOT NULL,
    inputs TEXT[] NOT NULL,
    outputs TEXT[] NOT NULL,
    outputs_from TEXT,
    sort_order INTEGER NOT NULL,
    key TEXT NOT NULL,
    CONSTRAINT pk_node_types PRIMARY KEY (key),
    CONSTRAINT ck_node_types_group_known CHECK ("group" IN ('trigger', 'logic', 'ai', 'output', 'utility'))
);
COMMENT ON COLUMN node_types.outputs_from IS 'The setting whose entries are further outputs, as with the cases of a switch.';

CREATE TABLE workflows (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    workspace_id UUID,
    is_active BOOLEAN NOT NULL,
    trigger_type TEXT,
    settings JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_workflows PRIMARY KEY (org_id, id)
);
CREATE INDEX ix_workflows_org_id_trigger_type ON workflows (org_id, trigger_type, is_active);
CREATE INDEX ix_workflows_org_id_workspace_id ON workflows (org_id, workspace_id);
CREATE UNIQUE INDEX uq_workflows_org_id_name ON workflows (org_id, name) WHERE deleted_at IS NULL;
COMMENT ON COLUMN workflows.trigger_type IS 'Of the published graph.';

CREATE TABLE workflow_versions (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    workflow_id UUID NOT NULL,
    number INTEGER NOT NULL,
    state VARCHAR(40) NOT NULL,
    graph JSONB NOT NULL,
    notes TEXT,
    published_at TIMESTAMP WITH TIME ZONE,
    published_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_workflow_versions PRIMARY KEY (org_id, id),
    CONSTRAINT uq_workflow_versions_org_id_workflow_id_number UNIQUE (org_id, workflow_id, number),
    CONSTRAINT ck_workflow_versions_state_known CHECK (state IN ('working', 'published', 'retired'))
);
CREATE INDEX ix_workflow_versions_org_id_published_by ON workflow_versions (org_id, published_by);
CREATE UNIQUE INDEX uq_workflow_versions_org_id_workflow_id_current ON workflow_versions (org_id, workflow_id, state) WHERE state IN ('working', 'published');
COMMENT ON COLUMN workflow_versions.graph IS 'nodes and edges';

CREATE TABLE workflow_runs (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    workflow_id UUID NOT NULL,
    version_id UUID NOT NULL,
    status VARCHAR(40) NOT NULL,
    trigger_key TEXT NOT NULL,
    trigger_data JSONB NOT NULL,
    variables JSONB NOT NULL,
    donor_id UUID,
    person_id UUID,
    lead_id UUID,
    ticket_id UUID,
    conversation_id UUID,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    error TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_workflow_runs PRIMARY KEY (org_id, id),
    CONSTRAINT uq_workflow_runs_org_id_workflow_id_trigger_key UNIQUE (org_id, workflow_id, trigger_key),
    CONSTRAINT ck_workflow_runs_status_known CHECK (status IN ('pending', 'running', 'waiting', 'completed', 'failed', 'cancelled'))
);
CREATE INDEX ix_workflow_runs_org_id_conversation_id ON workflow_runs (org_id, conversation_id);
CREATE INDEX ix_workflow_runs_org_id_donor_id ON workflow_runs (org_id, donor_id);
CREATE INDEX ix_workflow_runs_org_id_lead_id ON workflow_runs (org_id, lead_id);
CREATE INDEX ix_workflow_runs_org_id_person_id ON workflow_runs (org_id, person_id);
CREATE INDEX ix_workflow_runs_org_id_status ON workflow_runs (org_id, status, created_at);
CREATE INDEX ix_workflow_runs_org_id_ticket_id ON workflow_runs (org_id, ticket_id);
CREATE INDEX ix_workflow_runs_org_id_version_id ON workflow_runs (org_id, version_id);
CREATE INDEX ix_workflow_runs_org_id_workflow_id ON workflow_runs (org_id, workflow_id, created_at);
COMMENT ON COLUMN workflow_runs.trigger_key IS 'Names the event; a repeat is the same run.';

CREATE TABLE workflow_node_runs (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    run_id UUID NOT NULL,
    node_key TEXT NOT NULL,
    node_type TEXT NOT NULL,
    iteration INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    status VARCHAR(40) NOT NULL,
    port TEXT,
    input JSONB NOT NULL,
    output JSONB NOT NULL,
    error TEXT,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_workflow_node_runs PRIMARY KEY (org_id, id),
    CONSTRAINT uq_workflow_node_runs_org_id_run_id_node_key_iteration_attempt UNIQUE (org_id, run_id, node_key, iteration, attempt),
    CONSTRAINT ck_workflow_node_runs_status_known CHECK (status IN ('running', 'waiting', 'completed', 'failed', 'skipped'))
);
COMMENT ON COLUMN workflow_node_runs.node_key IS 'The node''s name in the graph.';
COMMENT ON COLUMN workflow_node_runs.iteration IS 'Which turn of a loop.';
COMMENT ON COLUMN workflow_node_runs.port IS 'The output it left by.';

CREATE TABLE workflow_timers (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    workflow_id UUID NOT NULL,
    run_id UUID,
    node_key TEXT,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    status VARCHAR(40) NOT NULL,
    fired_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_workflow_timers PRIMARY KEY (org_id, id),
    CONSTRAINT ck_workflow_timers_wait_names_its_node CHECK (run_id IS NULL OR node_key IS NOT NULL),
    CONSTRAINT ck_workflow_timers_status_known CHECK (status IN ('pending', 'fired', 'cancelled'))
);
CREATE INDEX ix_workflow_timers_org_id_due ON workflow_timers (org_id, status, due_at);
CREATE INDEX ix_workflow_timers_org_id_run_id ON workflow_timers (org_id, run_id);
CREATE INDEX ix_workflow_timers_org_id_workflow_id ON workflow_timers (org_id, workflow_id);
CREATE UNIQUE INDEX uq_workflow_timers_org_id_schedule ON workflow_timers (org_id, workflow_id) WHERE run_id IS NULL AND status = 'pending';

CREATE TABLE workflow_logs (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    run_id UUID NOT NULL,
    node_run_id UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    level VARCHAR(40) NOT NULL,
    message TEXT NOT NULL,
    data JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_workflow_logs PRIMARY KEY (org_id, id),
    CONSTRAINT ck_workflow_logs_level_known CHECK (level IN ('debug', 'info', 'warning', 'error'))
);
CREATE INDEX ix_workflow_logs_org_id_node_run_id ON workflow_logs (org_id, node_run_id);
CREATE INDEX ix_workflow_logs_org_id_run_id ON workflow_logs (org_id, run_id, at);
"""

DOWN = r"""
DROP TABLE workflow_logs;
DROP TABLE workflow_timers;
DROP TABLE workflow_node_runs;
DROP TABLE workflow_runs;
DROP TABLE workflow_versions;
DROP TABLE workflows;
DROP TABLE node_types;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
