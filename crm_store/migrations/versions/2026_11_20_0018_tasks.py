"""Tasks, reminders and notifications."""

from crm_store.migrating import run

revision = "0018_tasks"
down_revision = "0017_knowledge"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE calendar_links (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    provider VARCHAR(40) NOT NULL,
    calendar_id TEXT,
    access_token BYTEA,
    refresh_token BYTEA,
    expires_at TIMESTAMP WITH TIME ZONE,
    scope TEXT,
    sync_token TEXT,
    last_synced_at TIMESTAMP WITH TIME ZONE,
    is_active BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_calendar_links PRIMARY KEY (org_id, id),
    CONSTRAINT uq_calendar_links_org_id_member_id_provider UNIQUE (org_id, member_id, provider),
    CONSTRAINT ck_calendar_links_provider_known CHECK (provider IN ('google', 'outlook'))
);
COMMENT ON COLUMN calendar_links.calendar_id IS 'None: their main calendar.';

CREATE TABLE tasks (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    title TEXT NOT NULL,
    description TEXT,
    type VARCHAR(40) NOT NULL,
    status VARCHAR(40) NOT NULL,
    priority VARCHAR(40) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    is_all_day BOOLEAN NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    completed_by_id UUID,
    assigned_by_id UUID,
    is_ai_generated BOOLEAN NOT NULL,
    ai_reasoning TEXT,
    ai_confidence NUMERIC(3, 2),
    donor_id UUID,
    person_id UUID,
    company_id UUID,
    project_id UUID,
    lead_id UUID,
    deal_id UUID,
    ticket_id UUID,
    owner_id UUID,
    workspace_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_tasks PRIMARY KEY (org_id, id),
    CONSTRAINT ck_tasks_done_when_completed CHECK ((status = 'done') = (completed_at IS NOT NULL)),
    CONSTRAINT ck_tasks_confidence_in_range CHECK (ai_confidence BETWEEN 0 AND 1),
    CONSTRAINT ck_tasks_type_known CHECK (type IN ('call', 'email', 'meeting', 'task', 'follow_up')),
    CONSTRAINT ck_tasks_status_known CHECK (status IN ('todo', 'in_progress', 'done', 'cancelled')),
    CONSTRAINT ck_tasks_priority_known CHECK (priority IN ('low', 'medium', 'high', 'urgent'))
);
CREATE INDEX ix_tasks_done_by_owner ON tasks (org_id, owner_id, completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX ix_tasks_open_by_due ON tasks (org_id, due_at) WHERE status IN ('todo', 'in_progress') AND deleted_at IS NULL;
CREATE INDEX ix_tasks_open_by_owner ON tasks (org_id, owner_id, due_at) WHERE status IN ('todo', 'in_progress') AND deleted_at IS NULL;
CREATE INDEX ix_tasks_org_id_company_id ON tasks (org_id, company_id);
CREATE INDEX ix_tasks_org_id_deal_id ON tasks (org_id, deal_id);
CREATE INDEX ix_tasks_org_id_donor_id ON tasks (org_id, donor_id);
CREATE INDEX ix_tasks_org_id_lead_id ON tasks (org_id, lead_id);
CREATE INDEX ix_tasks_org_id_owner_id ON tasks (org_id, owner_id);
CREATE INDEX ix_tasks_org_id_person_id ON tasks (org_id, person_id);
CREATE INDEX ix_tasks_org_id_project_id ON tasks (org_id, project_id);
CREATE INDEX ix_tasks_org_id_status_id ON tasks (org_id, status, id);
CREATE INDEX ix_tasks_org_id_ticket_id ON tasks (org_id, ticket_id);
CREATE INDEX ix_tasks_org_id_workspace_id ON tasks (org_id, workspace_id);
COMMENT ON COLUMN tasks.is_all_day IS 'Due on a day: due_at is that day''s last second where they are.';

CREATE TABLE notifications (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    title TEXT NOT NULL,
    message TEXT,
    link TEXT,
    read_at TIMESTAMP WITH TIME ZONE,
    once_key TEXT,
    task_id UUID,
    lead_id UUID,
    deal_id UUID,
    ticket_id UUID,
    person_id UUID,
    donor_id UUID,
    campaign_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_notifications PRIMARY KEY (org_id, id),
    CONSTRAINT ck_notifications_kind_known CHECK (kind IN ('task_due', 'task_assigned', 'reminder', 'birthday', 'campaign_complete', 'lead_captured', 'lead_assigned', 'deal_won', 'ticket_assigned', 'ticket_escalated', 'sla_breached', 'handoff', 'gift_received', 'import_finished', 'approval_wanted', 'mention', 'system'))
);
CREATE INDEX ix_notifications_org_id_campaign_id ON notifications (org_id, campaign_id);
CREATE INDEX ix_notifications_org_id_deal_id ON notifications (org_id, deal_id);
CREATE INDEX ix_notifications_org_id_donor_id ON notifications (org_id, donor_id);
CREATE INDEX ix_notifications_org_id_lead_id ON notifications (org_id, lead_id);
CREATE INDEX ix_notifications_org_id_member_id_id ON notifications (org_id, member_id, id);
CREATE INDEX ix_notifications_org_id_person_id ON notifications (org_id, person_id);
CREATE INDEX ix_notifications_org_id_task_id ON notifications (org_id, task_id);
CREATE INDEX ix_notifications_org_id_ticket_id ON notifications (org_id, ticket_id);
CREATE INDEX ix_notifications_unread ON notifications (org_id, member_id, id) WHERE read_at IS NULL;
CREATE UNIQUE INDEX uq_notifications_once ON notifications (org_id, member_id, once_key) WHERE once_key IS NOT NULL;
COMMENT ON COLUMN notifications.once_key IS 'The same news is told once.';

CREATE TABLE reminders (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    task_id UUID,
    message TEXT NOT NULL,
    channel VARCHAR(40) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE,
    timezone TEXT NOT NULL,
    repeat VARCHAR(40),
    repeat_every INTEGER NOT NULL,
    repeat_on TEXT[] NOT NULL,
    repeat_until TIMESTAMP WITH TIME ZONE,
    sent_at TIMESTAMP WITH TIME ZONE,
    sent_count INTEGER NOT NULL,
    snoozed_count INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_reminders PRIMARY KEY (org_id, id),
    CONSTRAINT ck_reminders_repeat_every_positive CHECK (repeat_every > 0),
    CONSTRAINT ck_reminders_channel_known CHECK (channel IN ('desk', 'whatsapp', 'email')),
    CONSTRAINT ck_reminders_repeat_known CHECK (repeat IN ('daily', 'weekly', 'monthly', 'yearly'))
);
CREATE INDEX ix_reminders_org_id_member_id ON reminders (org_id, member_id);
CREATE INDEX ix_reminders_org_id_task_id ON reminders (org_id, task_id);
CREATE INDEX ix_reminders_waiting ON reminders (org_id, next_at) WHERE next_at IS NOT NULL;
COMMENT ON COLUMN reminders.at IS 'When it was first meant to ring.';
COMMENT ON COLUMN reminders.next_at IS 'None once it will not ring again.';
COMMENT ON COLUMN reminders.timezone IS 'Whose nine o''clock a repetition keeps.';
COMMENT ON COLUMN reminders.repeat_on IS 'Of a weekly one, the days: ["mon", "thu"]; none: the first day.';
"""

DOWN = r"""
DROP TABLE reminders;
DROP TABLE notifications;
DROP TABLE tasks;
DROP TABLE calendar_links;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
