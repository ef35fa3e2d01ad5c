"""Assistants, the call journal, proposals and budgets."""

from crm_store.migrating import run

revision = "0021_assistants"
down_revision = "0020_places"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE assistants (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    audience VARCHAR(40) NOT NULL,
    scope VARCHAR(40) NOT NULL,
    workspace_id UUID,
    system_prompt TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    is_default BOOLEAN NOT NULL,
    widget_code TEXT,
    model TEXT,
    tools TEXT[] NOT NULL,
    settings JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_assistants PRIMARY KEY (org_id, id),
    CONSTRAINT ck_assistants_workspace_is_named CHECK (scope <> 'workspace' OR workspace_id IS NOT NULL),
    CONSTRAINT ck_assistants_audience_known CHECK (audience IN ('staff', 'visitors')),
    CONSTRAINT ck_assistants_scope_known CHECK (scope IN ('organisation', 'workspace'))
);
CREATE INDEX ix_assistants_org_id_workspace_id ON assistants (org_id, workspace_id);
CREATE UNIQUE INDEX uq_assistants_org_id_default ON assistants (org_id, audience) WHERE is_default AND deleted_at IS NULL;
CREATE UNIQUE INDEX uq_assistants_org_id_name ON assistants (org_id, name) WHERE deleted_at IS NULL;
COMMENT ON COLUMN assistants.widget_code IS 'What a website embeds.';
COMMENT ON COLUMN assistants.model IS 'None: the installation''s.';
COMMENT ON COLUMN assistants.tools IS 'Pinned ones; none: chosen.';

CREATE TABLE assistant_collections (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    assistant_id UUID NOT NULL,
    collection_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_assistant_collections PRIMARY KEY (org_id, id),
    CONSTRAINT uq_assistant_collections_org_id_assistant_id_collection_id UNIQUE (org_id, assistant_id, collection_id)
);
CREATE INDEX ix_assistant_collections_org_id_collection_id ON assistant_collections (org_id, collection_id);

CREATE TABLE budgets (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    role_id UUID,
    member_id UUID,
    door VARCHAR(40),
    period VARCHAR(40) NOT NULL,
    money_limit NUMERIC(18, 4),
    currency TEXT NOT NULL,
    token_limit BIGINT,
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_budgets PRIMARY KEY (org_id, id),
    CONSTRAINT ck_budgets_for_one CHECK (num_nonnulls(role_id, member_id) <= 1),
    CONSTRAINT ck_budgets_limits_something CHECK (num_nonnulls(money_limit, token_limit) >= 1),
    CONSTRAINT ck_budgets_limits_are_sums CHECK (money_limit >= 0 AND token_limit >= 0),
    CONSTRAINT ck_budgets_door_known CHECK (door IN ('desk', 'whatsapp', 'widget', 'email', 'phone', 'api', 'mcp', 'cli', 'job')),
    CONSTRAINT ck_budgets_period_known CHECK (period IN ('hour', 'day', 'month'))
);
CREATE INDEX ix_budgets_org_id_member_id ON budgets (org_id, member_id);
CREATE INDEX ix_budgets_org_id_role_id ON budgets (org_id, role_id);
CREATE UNIQUE INDEX uq_budgets_org_id_whom ON budgets (org_id, role_id, member_id, door, period) NULLS NOT DISTINCT;

CREATE TABLE deployments (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    assistant_id UUID NOT NULL,
    door VARCHAR(40) NOT NULL,
    channel_account_id UUID,
    status VARCHAR(40) NOT NULL,
    settings JSONB NOT NULL,
    deployed_at TIMESTAMP WITH TIME ZONE,
    deployed_by UUID,
    retired_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_deployments PRIMARY KEY (org_id, id),
    CONSTRAINT ck_deployments_door_known CHECK (door IN ('desk', 'whatsapp', 'widget', 'email', 'phone', 'api', 'mcp', 'cli', 'job')),
    CONSTRAINT ck_deployments_status_known CHECK (status IN ('draft', 'live', 'paused', 'retired'))
);
CREATE INDEX ix_deployments_org_id_assistant_id ON deployments (org_id, assistant_id);
CREATE INDEX ix_deployments_org_id_channel_account_id ON deployments (org_id, channel_account_id);
CREATE INDEX ix_deployments_org_id_deployed_by ON deployments (org_id, deployed_by);
CREATE UNIQUE INDEX uq_deployments_org_id_live ON deployments (org_id, door, channel_account_id) NULLS NOT DISTINCT WHERE status = 'live';

CREATE TABLE budget_periods (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    budget_id UUID NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    money_spent NUMERIC(18, 4) NOT NULL,
    money_held NUMERIC(18, 4) NOT NULL,
    tokens_spent BIGINT NOT NULL,
    tokens_held BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_budget_periods PRIMARY KEY (org_id, id),
    CONSTRAINT uq_budget_periods_org_id_budget_id_starts_at UNIQUE (org_id, budget_id, starts_at),
    CONSTRAINT ck_budget_periods_sums_are_not_negative CHECK (money_held >= 0 AND tokens_held >= 0 AND money_spent >= 0 AND tokens_spent >= 0)
);

CREATE TABLE runs (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    conversation_id UUID,
    assistant_id UUID,
    member_id UUID,
    visitor_id UUID,
    door VARCHAR(40) NOT NULL,
    model TEXT,
    status VARCHAR(40) NOT NULL,
    is_tainted BOOLEAN NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost NUMERIC(18, 4) NOT NULL,
    currency TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    duration_ms INTEGER,
    query_kind TEXT,
    error TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_runs PRIMARY KEY (org_id, id),
    CONSTRAINT ck_runs_for_one CHECK (member_id IS NULL OR visitor_id IS NULL),
    CONSTRAINT ck_runs_door_known CHECK (door IN ('desk', 'whatsapp', 'widget', 'email', 'phone', 'api', 'mcp', 'cli', 'job')),
    CONSTRAINT ck_runs_status_known CHECK (status IN ('running', 'completed', 'failed', 'cancelled'))
);
CREATE INDEX ix_runs_org_id_assistant_id ON runs (org_id, assistant_id);
CREATE INDEX ix_runs_org_id_conversation_id ON runs (org_id, conversation_id, created_at);
CREATE INDEX ix_runs_org_id_member_id ON runs (org_id, member_id);
CREATE INDEX ix_runs_org_id_status ON runs (org_id, status, created_at);
CREATE INDEX ix_runs_org_id_visitor_id ON runs (org_id, visitor_id);
COMMENT ON COLUMN runs.is_tainted IS 'It has read what outsiders wrote.';
COMMENT ON COLUMN runs.query_kind IS 'What was asked for, in one word.';

CREATE TABLE feedback (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    run_id UUID NOT NULL,
    message_id UUID,
    member_id UUID,
    visitor_id UUID,
    rating VARCHAR(40) NOT NULL,
    comment TEXT,
    correction TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_feedback PRIMARY KEY (org_id, id),
    CONSTRAINT ck_feedback_from_one CHECK (num_nonnulls(member_id, visitor_id) = 1),
    CONSTRAINT ck_feedback_rating_known CHECK (rating IN ('up', 'down'))
);
CREATE INDEX ix_feedback_org_id_member_id ON feedback (org_id, member_id);
CREATE INDEX ix_feedback_org_id_message_id ON feedback (org_id, message_id);
CREATE INDEX ix_feedback_org_id_visitor_id ON feedback (org_id, visitor_id);
CREATE UNIQUE INDEX uq_feedback_org_id_run_id_giver ON feedback (org_id, run_id, member_id, visitor_id) NULLS NOT DISTINCT;

CREATE TABLE memories (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    scope VARCHAR(40) NOT NULL,
    kind VARCHAR(40) NOT NULL,
    member_id UUID,
    donor_id UUID,
    person_id UUID,
    content TEXT NOT NULL,
    run_id UUID,
    is_tainted BOOLEAN NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_memories PRIMARY KEY (org_id, id),
    CONSTRAINT ck_memories_scope_is_true CHECK (num_nonnulls(member_id, donor_id, person_id) = (scope <> 'org')::int AND (scope = 'member') = (member_id IS NOT NULL) AND (scope = 'donor') = (donor_id IS NOT NULL)),
    CONSTRAINT ck_memories_scope_known CHECK (scope IN ('org', 'member', 'donor', 'person')),
    CONSTRAINT ck_memories_kind_known CHECK (kind IN ('instruction', 'preference', 'fact'))
);
CREATE INDEX ix_memories_org_id_donor_id ON memories (org_id, donor_id);
CREATE INDEX ix_memories_org_id_member_id ON memories (org_id, member_id);
CREATE INDEX ix_memories_org_id_person_id ON memories (org_id, person_id);
CREATE INDEX ix_memories_org_id_run_id ON memories (org_id, run_id);
CREATE INDEX ix_memories_org_id_scope ON memories (org_id, scope);
COMMENT ON COLUMN memories.is_tainted IS 'Learned from outsiders'' text.';

CREATE TABLE proposals (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    supersedes_id UUID,
    run_id UUID,
    tool TEXT NOT NULL,
    arguments JSONB NOT NULL,
    arguments_hash TEXT NOT NULL,
    diff TEXT NOT NULL,
    reason TEXT,
    effect VARCHAR(40) NOT NULL,
    scope TEXT NOT NULL,
    quorum INTEGER NOT NULL,
    needs_another BOOLEAN NOT NULL,
    asked_by UUID,
    asked_door VARCHAR(40) NOT NULL,
    status VARCHAR(40) NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE,
    executed_at TIMESTAMP WITH TIME ZONE,
    undone_at TIMESTAMP WITH TIME ZONE,
    outcome JSONB,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_proposals PRIMARY KEY (org_id, id),
    CONSTRAINT uq_proposals_org_id_number_revision UNIQUE (org_id, number, revision),
    CONSTRAINT ck_proposals_somebody_decides CHECK (quorum >= 1),
    CONSTRAINT ck_proposals_reading_needs_no_word CHECK (effect <> 'read'),
    CONSTRAINT ck_proposals_effect_known CHECK (effect IN ('read', 'write', 'send', 'destroy')),
    CONSTRAINT ck_proposals_asked_door_known CHECK (asked_door IN ('desk', 'whatsapp', 'widget', 'email', 'phone', 'api', 'mcp', 'cli', 'job')),
    CONSTRAINT ck_proposals_status_known CHECK (status IN ('pending', 'approved', 'rejected', 'expired', 'executed', 'undone', 'superseded'))
);
CREATE INDEX ix_proposals_org_id_asked_by ON proposals (org_id, asked_by);
CREATE INDEX ix_proposals_org_id_run_id ON proposals (org_id, run_id);
CREATE INDEX ix_proposals_org_id_status ON proposals (org_id, status, expires_at);
CREATE INDEX ix_proposals_org_id_supersedes_id ON proposals (org_id, supersedes_id);
CREATE UNIQUE INDEX uq_proposals_org_id_number_open ON proposals (org_id, number) WHERE status <> 'superseded';
COMMENT ON COLUMN proposals.number IS 'What people call it, as in #42.';
COMMENT ON COLUMN proposals.arguments_hash IS 'SHA-256 of tool and canonical arguments.';
COMMENT ON COLUMN proposals.diff IS 'What would change, as a person reads it.';
COMMENT ON COLUMN proposals.reason IS 'Why it was not simply done.';
COMMENT ON COLUMN proposals.scope IS 'What one must hold to decide.';
COMMENT ON COLUMN proposals.needs_another IS 'Whoever asked may not also approve.';

CREATE TABLE reservations (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    key TEXT NOT NULL,
    period_id UUID NOT NULL,
    run_id UUID,
    money NUMERIC(18, 4) NOT NULL,
    tokens BIGINT NOT NULL,
    status VARCHAR(40) NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_reservations PRIMARY KEY (org_id, id),
    CONSTRAINT uq_reservations_org_id_key_period_id UNIQUE (org_id, key, period_id),
    CONSTRAINT ck_reservations_status_known CHECK (status IN ('held', 'settled', 'released'))
);
CREATE INDEX ix_reservations_org_id_period_id ON reservations (org_id, period_id);
CREATE INDEX ix_reservations_org_id_run_id ON reservations (org_id, run_id);
CREATE INDEX ix_reservations_org_id_status ON reservations (org_id, status, expires_at);
COMMENT ON COLUMN reservations.key IS 'Names the call: reserving twice is once.';

CREATE TABLE usage (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    run_id UUID,
    member_id UUID,
    door VARCHAR(40) NOT NULL,
    purpose TEXT NOT NULL,
    model TEXT NOT NULL,
    input_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost NUMERIC(18, 4) NOT NULL,
    currency TEXT NOT NULL,
    is_estimated BOOLEAN NOT NULL,
    duration_ms INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_usage PRIMARY KEY (org_id, id),
    CONSTRAINT ck_usage_door_known CHECK (door IN ('desk', 'whatsapp', 'widget', 'email', 'phone', 'api', 'mcp', 'cli', 'job'))
);
CREATE INDEX ix_usage_org_id_at ON usage (org_id, at);
CREATE INDEX ix_usage_org_id_member_id ON usage (org_id, member_id, at);
CREATE INDEX ix_usage_org_id_run_id ON usage (org_id, run_id);
COMMENT ON COLUMN usage.purpose IS 'turn, drafting, research, embedding…';

CREATE TABLE decisions (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    proposal_id UUID NOT NULL,
    member_id UUID NOT NULL,
    door VARCHAR(40) NOT NULL,
    verdict VARCHAR(40) NOT NULL,
    arguments_hash TEXT NOT NULL,
    comment TEXT,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_decisions PRIMARY KEY (org_id, id),
    CONSTRAINT uq_decisions_org_id_proposal_id_member_id UNIQUE (org_id, proposal_id, member_id),
    CONSTRAINT ck_decisions_door_known CHECK (door IN ('desk', 'whatsapp', 'widget', 'email', 'phone', 'api', 'mcp', 'cli', 'job')),
    CONSTRAINT ck_decisions_verdict_known CHECK (verdict IN ('approve', 'reject'))
);
CREATE INDEX ix_decisions_org_id_member_id ON decisions (org_id, member_id);
COMMENT ON COLUMN decisions.arguments_hash IS 'Of what this person was shown.';

CREATE TABLE tool_calls (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    run_id UUID NOT NULL,
    visitor_id UUID,
    tool_call_id TEXT NOT NULL,
    tool TEXT NOT NULL,
    arguments JSONB NOT NULL,
    arguments_hash TEXT NOT NULL,
    effect VARCHAR(40) NOT NULL,
    status VARCHAR(40) NOT NULL,
    answer JSONB,
    proposal_id UUID,
    sql_generated TEXT,
    finished_at TIMESTAMP WITH TIME ZONE,
    duration_ms INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_tool_calls PRIMARY KEY (org_id, id),
    CONSTRAINT uq_tool_calls_org_id_run_id_tool_call_id UNIQUE (org_id, run_id, tool_call_id),
    CONSTRAINT ck_tool_calls_effect_known CHECK (effect IN ('read', 'write', 'send', 'destroy')),
    CONSTRAINT ck_tool_calls_status_known CHECK (status IN ('started', 'finished', 'refused', 'proposed'))
);
CREATE INDEX ix_tool_calls_org_id_proposal_id ON tool_calls (org_id, proposal_id);
CREATE INDEX ix_tool_calls_org_id_visitor_id ON tool_calls (org_id, visitor_id);
COMMENT ON COLUMN tool_calls.tool_call_id IS 'As the model named it.';
COMMENT ON COLUMN tool_calls.sql_generated IS 'For reports: what was asked.';
"""

DOWN = r"""
DROP TABLE tool_calls;
DROP TABLE decisions;
DROP TABLE usage;
DROP TABLE reservations;
DROP TABLE proposals;
DROP TABLE memories;
DROP TABLE feedback;
DROP TABLE runs;
DROP TABLE budget_periods;
DROP TABLE deployments;
DROP TABLE budgets;
DROP TABLE assistant_collections;
DROP TABLE assistants;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
