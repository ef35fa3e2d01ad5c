"""Tickets, their clocks and macros."""

from crm_store.migrating import run

revision = "0010_tickets"
down_revision = "0009_deals"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE ticket_counters (
    org_id UUID NOT NULL,
    last_number BIGINT NOT NULL,
    CONSTRAINT pk_ticket_counters PRIMARY KEY (org_id)
);

CREATE TABLE business_calendars (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    timezone TEXT NOT NULL,
    hours JSONB NOT NULL,
    holidays JSONB NOT NULL,
    is_default BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_business_calendars PRIMARY KEY (org_id, id),
    CONSTRAINT uq_business_calendars_org_id_name UNIQUE (org_id, name)
);
CREATE UNIQUE INDEX uq_business_calendars_default ON business_calendars (org_id) WHERE is_default;
COMMENT ON COLUMN business_calendars.hours IS '{"mon": [["09:00", "17:00"]], …}.';
COMMENT ON COLUMN business_calendars.holidays IS '{"2026-12-25": "Christmas"}.';

CREATE TABLE ticket_tags (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    color TEXT,
    description TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_ticket_tags PRIMARY KEY (org_id, id),
    CONSTRAINT uq_ticket_tags_org_id_key UNIQUE (org_id, key)
);
COMMENT ON COLUMN ticket_tags.key IS 'The name in one case, so that VIP and vip are one.';

CREATE TABLE sla_policies (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    priority VARCHAR(40) NOT NULL,
    first_response_minutes INTEGER,
    resolution_minutes INTEGER,
    calendar_id UUID,
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_sla_policies PRIMARY KEY (org_id, id),
    CONSTRAINT uq_sla_policies_org_id_name_priority UNIQUE (org_id, name, priority),
    CONSTRAINT ck_sla_policies_first_response_positive CHECK (first_response_minutes > 0),
    CONSTRAINT ck_sla_policies_resolution_positive CHECK (resolution_minutes > 0),
    CONSTRAINT ck_sla_policies_priority_known CHECK (priority IN ('low', 'normal', 'high', 'urgent'))
);
CREATE INDEX ix_sla_policies_org_id_calendar_id ON sla_policies (org_id, calendar_id);
CREATE UNIQUE INDEX uq_sla_policies_active ON sla_policies (org_id, priority) WHERE is_active;
COMMENT ON COLUMN sla_policies.calendar_id IS 'None: around the clock.';

CREATE TABLE macros (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    actions JSONB NOT NULL,
    member_id UUID,
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_macros PRIMARY KEY (org_id, id),
    CONSTRAINT uq_macros_org_id_member_id_name UNIQUE NULLS NOT DISTINCT (org_id, member_id, name)
);
COMMENT ON COLUMN macros.actions IS 'crm_store.tickets.macros.Step, in order.';

CREATE TABLE tickets (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    number BIGINT NOT NULL,
    subject TEXT NOT NULL,
    description TEXT,
    status VARCHAR(40) NOT NULL,
    priority VARCHAR(40) NOT NULL,
    channel VARCHAR(40) NOT NULL,
    person_id UUID,
    visitor_id UUID,
    company_id UUID,
    conversation_id UUID,
    merged_into_id UUID,
    sla_policy_id UUID,
    clock_started_at TIMESTAMP WITH TIME ZONE,
    first_response_minutes INTEGER,
    first_response_due_at TIMESTAMP WITH TIME ZONE,
    first_response_left BIGINT,
    first_responded_at TIMESTAMP WITH TIME ZONE,
    resolution_minutes INTEGER,
    resolution_due_at TIMESTAMP WITH TIME ZONE,
    resolution_left BIGINT,
    solved_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    reopened_count INTEGER NOT NULL,
    escalated_at TIMESTAMP WITH TIME ZONE,
    escalation_reason TEXT,
    macro_id UUID,
    macro_applied_at TIMESTAMP WITH TIME ZONE,
    owner_id UUID,
    workspace_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_tickets PRIMARY KEY (org_id, id),
    CONSTRAINT uq_tickets_org_id_number UNIQUE (org_id, number),
    CONSTRAINT ck_tickets_not_merged_into_itself CHECK (merged_into_id <> id),
    CONSTRAINT ck_tickets_first_response_runs_or_stands CHECK (num_nonnulls(first_response_due_at, first_response_left) < 2),
    CONSTRAINT ck_tickets_resolution_runs_or_stands CHECK (num_nonnulls(resolution_due_at, resolution_left) < 2),
    CONSTRAINT ck_tickets_merged_is_closed CHECK (merged_into_id IS NULL OR status = 'closed'),
    CONSTRAINT ck_tickets_status_known CHECK (status IN ('open', 'pending', 'on_hold', 'solved', 'closed')),
    CONSTRAINT ck_tickets_priority_known CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    CONSTRAINT ck_tickets_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other'))
);
CREATE INDEX ix_tickets_clock_not_started ON tickets (org_id, id) WHERE clock_started_at IS NULL AND deleted_at IS NULL;
CREATE INDEX ix_tickets_first_response_due ON tickets (org_id, first_response_due_at) WHERE first_response_due_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX ix_tickets_org_id_company_id ON tickets (org_id, company_id);
CREATE INDEX ix_tickets_org_id_conversation_id ON tickets (org_id, conversation_id);
CREATE INDEX ix_tickets_org_id_merged_into_id ON tickets (org_id, merged_into_id);
CREATE INDEX ix_tickets_org_id_owner_id ON tickets (org_id, owner_id);
CREATE INDEX ix_tickets_org_id_person_id ON tickets (org_id, person_id);
CREATE INDEX ix_tickets_org_id_sla_policy_id ON tickets (org_id, sla_policy_id);
CREATE INDEX ix_tickets_org_id_status_id ON tickets (org_id, status, id);
CREATE INDEX ix_tickets_org_id_visitor_id ON tickets (org_id, visitor_id);
CREATE INDEX ix_tickets_org_id_workspace_id ON tickets (org_id, workspace_id);
CREATE INDEX ix_tickets_resolution_due ON tickets (org_id, resolution_due_at) WHERE resolution_due_at IS NOT NULL AND deleted_at IS NULL;
COMMENT ON COLUMN tickets.number IS 'What people quote; the database counts them per organisation.';
COMMENT ON COLUMN tickets.person_id IS 'Who asks.';
COMMENT ON COLUMN tickets.first_response_minutes IS 'Allowed when it began.';
COMMENT ON COLUMN tickets.first_response_due_at IS 'While the clock runs.';
COMMENT ON COLUMN tickets.first_response_left IS 'Working seconds that were left when the clock stopped.';
COMMENT ON COLUMN tickets.resolution_minutes IS 'Allowed when it began.';
COMMENT ON COLUMN tickets.resolution_due_at IS 'While the clock runs.';
COMMENT ON COLUMN tickets.resolution_left IS 'Working seconds that were left when the clock stopped.';

CREATE TABLE ticket_activities (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    ticket_id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    before TEXT,
    after TEXT,
    actor_id UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_ticket_activities PRIMARY KEY (org_id, id),
    CONSTRAINT ck_ticket_activities_kind_known CHECK (kind IN ('created', 'status_changed', 'priority_changed', 'assigned', 'requester_changed', 'subject_changed', 'tagged', 'untagged', 'noted', 'responded', 'escalated', 'reopened', 'macro_applied', 'merged', 'deleted', 'restored'))
);
CREATE INDEX ix_ticket_activities_org_id_ticket_id_at ON ticket_activities (org_id, ticket_id, at);

CREATE TABLE ticket_notes (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    ticket_id UUID NOT NULL,
    author_id UUID,
    body TEXT NOT NULL,
    is_private BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_ticket_notes PRIMARY KEY (org_id, id)
);
CREATE INDEX ix_ticket_notes_org_id_ticket_id_id ON ticket_notes (org_id, ticket_id, id);

CREATE TABLE ticket_taggings (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    ticket_id UUID NOT NULL,
    tag_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_ticket_taggings PRIMARY KEY (org_id, id),
    CONSTRAINT uq_ticket_taggings_org_id_ticket_id_tag_id UNIQUE (org_id, ticket_id, tag_id)
);
CREATE INDEX ix_ticket_taggings_org_id_tag_id ON ticket_taggings (org_id, tag_id);
"""

DOWN = r"""
DROP TABLE ticket_taggings;
DROP TABLE ticket_notes;
DROP TABLE ticket_activities;
DROP TABLE tickets;
DROP TABLE macros;
DROP TABLE sla_policies;
DROP TABLE ticket_tags;
DROP TABLE business_calendars;
DROP TABLE ticket_counters;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
