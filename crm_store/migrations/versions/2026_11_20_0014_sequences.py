"""Sequences and automations."""

from crm_store.migrating import run

revision = "0014_sequences"
down_revision = "0013_outreach"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE automations (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    trigger VARCHAR(40) NOT NULL,
    trigger_config JSONB DEFAULT '{}' NOT NULL,
    is_active BOOLEAN NOT NULL,
    activated_at TIMESTAMP WITH TIME ZONE,
    workspace_id UUID,
    again_after_days INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_automations PRIMARY KEY (org_id, id),
    CONSTRAINT ck_automations_trigger_known CHECK (trigger IN ('customer_created', 'tag_added', 'birthday', 'inactivity', 'gift_received', 'first_gift', 'giving_anniversary', 'pledge_overdue', 'stage_changed', 'no_reply', 'form_submitted', 'manual'))
);
CREATE INDEX ix_automations_listening ON automations (org_id, trigger) WHERE is_active;
CREATE INDEX ix_automations_org_id_workspace_id ON automations (org_id, workspace_id);
COMMENT ON COLUMN automations.again_after_days IS 'How soon the same person may set it off again; None: never.';

CREATE TABLE automation_steps (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    automation_id UUID NOT NULL,
    type VARCHAR(40) NOT NULL,
    config JSONB DEFAULT '{}' NOT NULL,
    sort_order INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_automation_steps PRIMARY KEY (org_id, id),
    CONSTRAINT uq_automation_steps_org_id_automation_id_sort_order UNIQUE (org_id, automation_id, sort_order),
    CONSTRAINT ck_automation_steps_type_known CHECK (type IN ('send_email', 'send_whatsapp', 'wait', 'condition', 'add_tag', 'remove_tag', 'create_task', 'enrol', 'notify', 'move_stage'))
);
COMMENT ON COLUMN automation_steps.sort_order IS 'From 1.';

CREATE TABLE sequences (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    status VARCHAR(40) NOT NULL,
    purpose VARCHAR(40) NOT NULL,
    workspace_id UUID,
    member_id UUID,
    stops_on_reply BOOLEAN NOT NULL,
    stops_on_gift BOOLEAN NOT NULL,
    household_reply VARCHAR(40) NOT NULL,
    household_delay_days INTEGER NOT NULL,
    is_exclusive BOOLEAN NOT NULL,
    settings JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_sequences PRIMARY KEY (org_id, id),
    CONSTRAINT ck_sequences_status_known CHECK (status IN ('draft', 'active', 'paused', 'completed', 'archived')),
    CONSTRAINT ck_sequences_purpose_known CHECK (purpose IN ('marketing', 'appeal', 'newsletter', 'event', 'stewardship', 'survey', 'transactional', 'receipt', 'service')),
    CONSTRAINT ck_sequences_household_reply_known CHECK (household_reply IN ('nothing', 'stop', 'delay'))
);
CREATE INDEX ix_sequences_org_id_member_id ON sequences (org_id, member_id);
CREATE INDEX ix_sequences_org_id_status ON sequences (org_id, status);
CREATE INDEX ix_sequences_org_id_workspace_id ON sequences (org_id, workspace_id);
COMMENT ON COLUMN sequences.is_exclusive IS 'Nobody who is in another sequence may join.';

CREATE TABLE sequence_steps (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    sequence_id UUID NOT NULL,
    step_number INTEGER NOT NULL,
    channel VARCHAR(40) NOT NULL,
    delay_days INTEGER NOT NULL,
    delay_hours INTEGER NOT NULL,
    template_id UUID,
    subject TEXT,
    body TEXT,
    is_reply_in_thread BOOLEAN NOT NULL,
    needs_approval BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_sequence_steps PRIMARY KEY (org_id, id),
    CONSTRAINT uq_sequence_steps_org_id_sequence_id_step_number UNIQUE (org_id, sequence_id, step_number),
    CONSTRAINT ck_sequence_steps_delay_not_negative CHECK (delay_days >= 0 AND delay_hours >= 0),
    CONSTRAINT ck_sequence_steps_numbered_from_one CHECK (step_number >= 1),
    CONSTRAINT ck_sequence_steps_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other'))
);
CREATE INDEX ix_sequence_steps_org_id_template_id ON sequence_steps (org_id, template_id);
COMMENT ON COLUMN sequence_steps.body IS 'With {{variables}}; or a template.';

CREATE TABLE automation_runs (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    automation_id UUID NOT NULL,
    person_id UUID NOT NULL,
    donor_id UUID,
    occasion TEXT NOT NULL,
    status VARCHAR(40) NOT NULL,
    next_step INTEGER NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    lease_until TIMESTAMP WITH TIME ZONE,
    fence INTEGER NOT NULL,
    trigger_data JSONB DEFAULT '{}' NOT NULL,
    error_message TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_automation_runs PRIMARY KEY (org_id, id),
    CONSTRAINT uq_automation_runs_org_id_automation_id_occasion UNIQUE (org_id, automation_id, occasion),
    CONSTRAINT ck_automation_runs_status_known CHECK (status IN ('running', 'waiting', 'completed', 'failed', 'stopped'))
);
CREATE INDEX ix_automation_runs_due ON automation_runs (org_id, due_at, id) WHERE status IN ('running', 'waiting');
CREATE INDEX ix_automation_runs_org_id_automation_id_person_id ON automation_runs (org_id, automation_id, person_id);
CREATE INDEX ix_automation_runs_org_id_donor_id ON automation_runs (org_id, donor_id);
CREATE INDEX ix_automation_runs_org_id_person_id ON automation_runs (org_id, person_id);
COMMENT ON COLUMN automation_runs.occasion IS 'What set it off; the same sets it off once.';

CREATE TABLE enrolments (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    sequence_id UUID NOT NULL,
    person_id UUID NOT NULL,
    donor_id UUID,
    member_id UUID,
    mailbox_id UUID,
    status VARCHAR(40) NOT NULL,
    current_step INTEGER NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_due_at TIMESTAMP WITH TIME ZONE,
    last_sent_at TIMESTAMP WITH TIME ZONE,
    paused_at TIMESTAMP WITH TIME ZONE,
    pause_until TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    reason TEXT,
    lease_until TIMESTAMP WITH TIME ZONE,
    fence INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_enrolments PRIMARY KEY (org_id, id),
    CONSTRAINT ck_enrolments_status_known CHECK (status IN ('active', 'paused', 'completed', 'replied', 'bounced', 'unsubscribed', 'stopped'))
);
CREATE INDEX ix_enrolments_due ON enrolments (org_id, next_due_at, id) WHERE status = 'active';
CREATE INDEX ix_enrolments_org_id_donor_id ON enrolments (org_id, donor_id);
CREATE INDEX ix_enrolments_org_id_mailbox_id ON enrolments (org_id, mailbox_id);
CREATE INDEX ix_enrolments_org_id_member_id ON enrolments (org_id, member_id);
CREATE INDEX ix_enrolments_org_id_person_id ON enrolments (org_id, person_id);
CREATE INDEX ix_enrolments_org_id_sequence_id_status ON enrolments (org_id, sequence_id, status);
CREATE UNIQUE INDEX uq_enrolments_live ON enrolments (org_id, sequence_id, person_id) WHERE status IN ('active', 'paused');
COMMENT ON COLUMN enrolments.current_step IS 'The last step taken; 0 is none.';
COMMENT ON COLUMN enrolments.pause_until IS 'Out of office, for one.';
COMMENT ON COLUMN enrolments.reason IS 'Why it paused or ended.';
COMMENT ON COLUMN enrolments.fence IS 'Goes up with every claim.';
"""

DOWN = r"""
DROP TABLE enrolments;
DROP TABLE automation_runs;
DROP TABLE sequence_steps;
DROP TABLE sequences;
DROP TABLE automation_steps;
DROP TABLE automations;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
