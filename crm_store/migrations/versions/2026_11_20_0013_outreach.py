"""Drafts, the outbox, consent and suppression."""

from crm_store.migrating import run

revision = "0013_outreach"
down_revision = "0012_campaigns"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE mail_providers (
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    uses_oauth BOOLEAN NOT NULL,
    needs_domain BOOLEAN NOT NULL,
    has_idempotency_key BOOLEAN NOT NULL,
    default_daily_limit INTEGER,
    smtp_host TEXT,
    smtp_port INTEGER,
    scopes TEXT[] DEFAULT '{}' NOT NULL,
    sort_order INTEGER NOT NULL,
    key TEXT NOT NULL,
    CONSTRAINT pk_mail_providers PRIMARY KEY (key)
);
COMMENT ON COLUMN mail_providers.needs_domain IS 'The sending domain must be proven first.';

CREATE TABLE contact_policies (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    version INTEGER NOT NULL,
    max_per_period INTEGER NOT NULL,
    period_days INTEGER NOT NULL,
    min_days_between INTEGER NOT NULL,
    max_per_household INTEGER NOT NULL,
    quiet_from_minute INTEGER NOT NULL,
    quiet_to_minute INTEGER NOT NULL,
    quiet_channels TEXT[] NOT NULL,
    opt_in_channels TEXT[] NOT NULL,
    partner_opt_out_counts BOOLEAN NOT NULL,
    bereavement_days INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_contact_policies PRIMARY KEY (org_id, id),
    CONSTRAINT uq_contact_policies_org_id_version UNIQUE (org_id, version),
    CONSTRAINT ck_contact_policies_quiet_hours_of_the_day CHECK (quiet_from_minute BETWEEN 0 AND 1440 AND quiet_to_minute BETWEEN 0 AND 1440),
    CONSTRAINT ck_contact_policies_limits_not_negative CHECK (max_per_period >= 0 AND period_days > 0 AND min_days_between >= 0 AND max_per_household >= 0 AND bereavement_days >= 0)
);
COMMENT ON COLUMN contact_policies.max_per_period IS 'Over all channels.';
COMMENT ON COLUMN contact_policies.max_per_household IS 'In the same period.';
COMMENT ON COLUMN contact_policies.quiet_from_minute IS '21:00, their own time.';
COMMENT ON COLUMN contact_policies.quiet_to_minute IS '8:00.';
COMMENT ON COLUMN contact_policies.quiet_channels IS 'Where quiet hours hold.';
COMMENT ON COLUMN contact_policies.opt_in_channels IS 'Where marketing needs a consent on record; elsewhere none withdrawn is enough.';
COMMENT ON COLUMN contact_policies.bereavement_days IS 'After a death at home, nothing but what is needed.';

CREATE TABLE mailboxes (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID,
    provider TEXT NOT NULL,
    address TEXT NOT NULL,
    display_name TEXT,
    reply_to TEXT,
    access_token BYTEA,
    refresh_token BYTEA,
    token_expires_at TIMESTAMP WITH TIME ZONE,
    token_scope TEXT,
    smtp_host TEXT,
    smtp_port INTEGER,
    smtp_username TEXT,
    smtp_password BYTEA,
    smtp_security TEXT,
    api_key BYTEA,
    region TEXT,
    is_active BOOLEAN NOT NULL,
    is_default BOOLEAN NOT NULL,
    daily_limit INTEGER,
    sent_today INTEGER NOT NULL,
    sent_on DATE,
    timezone TEXT,
    sync_cursor TEXT,
    last_synced_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    properties JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_mailboxes PRIMARY KEY (org_id, id),
    CONSTRAINT uq_mailboxes_org_id_provider_address UNIQUE (org_id, provider, address),
    CONSTRAINT ck_mailboxes_sent_today_not_negative CHECK (sent_today >= 0)
);
CREATE INDEX ix_mailboxes_org_id_member_id ON mailboxes (org_id, member_id);
CREATE UNIQUE INDEX uq_mailboxes_default_of_member ON mailboxes (org_id, member_id) NULLS NOT DISTINCT WHERE is_default;
COMMENT ON COLUMN mailboxes.address IS 'Lower case.';
COMMENT ON COLUMN mailboxes.smtp_security IS 'tls, starttls or none.';
COMMENT ON COLUMN mailboxes.daily_limit IS 'None: the provider''s own.';
COMMENT ON COLUMN mailboxes.sent_on IS 'The day sent_today counts.';
COMMENT ON COLUMN mailboxes.sync_cursor IS 'How far replies have been read.';

CREATE TABLE style_examples (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID,
    channel VARCHAR(40) NOT NULL,
    subject TEXT,
    body TEXT NOT NULL,
    language TEXT,
    tags TEXT[] DEFAULT '{}' NOT NULL,
    donor_type TEXT,
    campaign_type TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_style_examples PRIMARY KEY (org_id, id),
    CONSTRAINT ck_style_examples_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other'))
);
CREATE INDEX ix_style_examples_org_id_member_id ON style_examples (org_id, member_id);

CREATE TABLE consents (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    purpose VARCHAR(40) NOT NULL,
    channel VARCHAR(40),
    state VARCHAR(40) NOT NULL,
    covers_household BOOLEAN NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    text_version TEXT,
    text TEXT,
    source VARCHAR(40) NOT NULL,
    proof TEXT,
    member_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_consents PRIMARY KEY (org_id, id),
    CONSTRAINT ck_consents_purpose_known CHECK (purpose IN ('marketing', 'appeal', 'newsletter', 'event', 'stewardship', 'survey', 'transactional', 'receipt', 'service')),
    CONSTRAINT ck_consents_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other')),
    CONSTRAINT ck_consents_state_known CHECK (state IN ('given', 'withdrawn')),
    CONSTRAINT ck_consents_source_known CHECK (source IN ('website', 'widget', 'email', 'whatsapp', 'phone', 'paper', 'in_person', 'import', 'staff'))
);
CREATE INDEX ix_consents_org_id_member_id ON consents (org_id, member_id);
CREATE INDEX ix_consents_org_id_person_id_at ON consents (org_id, person_id, at);
COMMENT ON COLUMN consents.purpose IS 'marketing speaks for all of its kind.';
COMMENT ON COLUMN consents.channel IS 'None: every channel.';
COMMENT ON COLUMN consents.covers_household IS 'Said for everybody at home.';
COMMENT ON COLUMN consents.text IS 'The words shown.';
COMMENT ON COLUMN consents.proof IS 'A form''s id, a message, a recording.';

CREATE TABLE sender_identities (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    value TEXT NOT NULL,
    display_name TEXT,
    mailbox_id UUID,
    provider TEXT,
    status VARCHAR(40) NOT NULL,
    dkim_status VARCHAR(40) NOT NULL,
    spf_ok BOOLEAN,
    dmarc_policy TEXT,
    dkim_tokens TEXT[] DEFAULT '{}' NOT NULL,
    dns_records JSONB DEFAULT '[]' NOT NULL,
    mail_from_domain TEXT,
    region TEXT,
    provider_arn TEXT,
    is_default BOOLEAN NOT NULL,
    verified_at TIMESTAMP WITH TIME ZONE,
    last_checked_at TIMESTAMP WITH TIME ZONE,
    failure_reason TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_sender_identities PRIMARY KEY (org_id, id),
    CONSTRAINT uq_sender_identities_org_id_value UNIQUE (org_id, value),
    CONSTRAINT ck_sender_identities_kind_known CHECK (kind IN ('domain', 'address')),
    CONSTRAINT ck_sender_identities_status_known CHECK (status IN ('pending', 'verified', 'failed', 'revoked')),
    CONSTRAINT ck_sender_identities_dkim_status_known CHECK (dkim_status IN ('pending', 'verified', 'failed', 'revoked'))
);
CREATE INDEX ix_sender_identities_org_id_mailbox_id ON sender_identities (org_id, mailbox_id);
COMMENT ON COLUMN sender_identities.value IS 'Lower case: a domain, or a whole address.';

CREATE TABLE contact_decisions (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    donor_id UUID,
    channel VARCHAR(40) NOT NULL,
    purpose VARCHAR(40) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    allowed BOOLEAN NOT NULL,
    reasons TEXT[] NOT NULL,
    codes TEXT[] DEFAULT '{}' NOT NULL,
    address TEXT,
    policy_version INTEGER NOT NULL,
    not_before TIMESTAMP WITH TIME ZONE,
    evidence JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_contact_decisions PRIMARY KEY (org_id, id),
    CONSTRAINT ck_contact_decisions_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other')),
    CONSTRAINT ck_contact_decisions_purpose_known CHECK (purpose IN ('marketing', 'appeal', 'newsletter', 'event', 'stewardship', 'survey', 'transactional', 'receipt', 'service'))
);
CREATE INDEX ix_contact_decisions_org_id_donor_id ON contact_decisions (org_id, donor_id);
CREATE INDEX ix_contact_decisions_org_id_person_id_at ON contact_decisions (org_id, person_id, at);
COMMENT ON COLUMN contact_decisions.at IS 'The moment asked about.';
COMMENT ON COLUMN contact_decisions.reasons IS 'In words; why not, or why yes.';
COMMENT ON COLUMN contact_decisions.not_before IS 'When it will be allowed, if known.';

CREATE TABLE drafting_sessions (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    status VARCHAR(40) NOT NULL,
    channel VARCHAR(40) NOT NULL,
    purpose VARCHAR(40) NOT NULL,
    instructions TEXT,
    donor_selection JSONB,
    selected_donor_ids UUID[] DEFAULT '{}' NOT NULL,
    segment_id UUID,
    appeal_id UUID,
    conversation_id UUID,
    signature_id UUID,
    member_id UUID,
    total_count INTEGER NOT NULL,
    generated_count INTEGER NOT NULL,
    failed_count INTEGER NOT NULL,
    job_id TEXT,
    job_started_at TIMESTAMP WITH TIME ZONE,
    job_completed_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_drafting_sessions PRIMARY KEY (org_id, id),
    CONSTRAINT ck_drafting_sessions_status_known CHECK (status IN ('configuring', 'generating', 'reviewing', 'completed', 'cancelled')),
    CONSTRAINT ck_drafting_sessions_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other')),
    CONSTRAINT ck_drafting_sessions_purpose_known CHECK (purpose IN ('marketing', 'appeal', 'newsletter', 'event', 'stewardship', 'survey', 'transactional', 'receipt', 'service'))
);
CREATE INDEX ix_drafting_sessions_org_id_appeal_id ON drafting_sessions (org_id, appeal_id);
CREATE INDEX ix_drafting_sessions_org_id_conversation_id ON drafting_sessions (org_id, conversation_id);
CREATE INDEX ix_drafting_sessions_org_id_member_id ON drafting_sessions (org_id, member_id);
CREATE INDEX ix_drafting_sessions_org_id_segment_id ON drafting_sessions (org_id, segment_id);
CREATE INDEX ix_drafting_sessions_org_id_signature_id ON drafting_sessions (org_id, signature_id);
CREATE INDEX ix_drafting_sessions_org_id_status ON drafting_sessions (org_id, status);
COMMENT ON COLUMN drafting_sessions.donor_selection IS 'A filter of the segments'' kind.';
COMMENT ON COLUMN drafting_sessions.job_id IS 'The durable workflow that writes it.';

CREATE TABLE drafts (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    session_id UUID,
    donor_id UUID,
    person_id UUID,
    channel VARCHAR(40) NOT NULL,
    purpose VARCHAR(40) NOT NULL,
    status VARCHAR(40) NOT NULL,
    to_address TEXT,
    subject TEXT,
    body_plain TEXT NOT NULL,
    body_html TEXT,
    structured_content JSONB,
    language TEXT,
    content_hash BYTEA,
    approved_at TIMESTAMP WITH TIME ZONE,
    approved_by UUID,
    rejected_reason TEXT,
    scheduled_at TIMESTAMP WITH TIME ZONE,
    sent_at TIMESTAMP WITH TIME ZONE,
    sender_id UUID,
    mailbox_id UUID,
    signature_id UUID,
    template_id UUID,
    ai_model TEXT,
    tokens INTEGER,
    generation_ms INTEGER,
    context_used JSONB,
    error_message TEXT,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_drafts PRIMARY KEY (org_id, id),
    CONSTRAINT ck_drafts_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other')),
    CONSTRAINT ck_drafts_purpose_known CHECK (purpose IN ('marketing', 'appeal', 'newsletter', 'event', 'stewardship', 'survey', 'transactional', 'receipt', 'service')),
    CONSTRAINT ck_drafts_status_known CHECK (status IN ('draft', 'approved', 'scheduled', 'sent', 'failed', 'rejected', 'cancelled'))
);
CREATE INDEX ix_drafts_due ON drafts (org_id, scheduled_at) WHERE status = 'scheduled';
CREATE INDEX ix_drafts_org_id_donor_id ON drafts (org_id, donor_id);
CREATE INDEX ix_drafts_org_id_mailbox_id ON drafts (org_id, mailbox_id);
CREATE INDEX ix_drafts_org_id_person_id ON drafts (org_id, person_id);
CREATE INDEX ix_drafts_org_id_sender_id ON drafts (org_id, sender_id);
CREATE INDEX ix_drafts_org_id_session_id_status ON drafts (org_id, session_id, status);
CREATE INDEX ix_drafts_org_id_signature_id ON drafts (org_id, signature_id);
CREATE INDEX ix_drafts_org_id_status ON drafts (org_id, status);
CREATE INDEX ix_drafts_org_id_template_id ON drafts (org_id, template_id);
COMMENT ON COLUMN drafts.structured_content IS 'Its paragraphs.';
COMMENT ON COLUMN drafts.content_hash IS 'Of what was approved.';
COMMENT ON COLUMN drafts.context_used IS 'What the writer was shown.';
COMMENT ON COLUMN drafts.version IS 'Goes up with every edit.';

CREATE TABLE send_windows (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    session_id UUID,
    daily_limit INTEGER NOT NULL,
    min_gap_hours INTEGER NOT NULL,
    spacing_seconds INTEGER NOT NULL,
    timezone TEXT NOT NULL,
    start_minute INTEGER NOT NULL,
    end_minute INTEGER NOT NULL,
    days INTEGER[] NOT NULL,
    is_active BOOLEAN NOT NULL,
    paused_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_send_windows PRIMARY KEY (org_id, id),
    CONSTRAINT ck_send_windows_daily_limit_not_negative CHECK (daily_limit >= 0),
    CONSTRAINT ck_send_windows_hours_in_order CHECK (start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440),
    CONSTRAINT ck_send_windows_gaps_not_negative CHECK (min_gap_hours >= 0 AND spacing_seconds >= 0),
    CONSTRAINT ck_send_windows_days_of_the_week CHECK (days <@ ARRAY[1, 2, 3, 4, 5, 6, 7] AND cardinality(days) > 0)
);
CREATE UNIQUE INDEX uq_send_windows_org_id_session_id ON send_windows (org_id, session_id) NULLS NOT DISTINCT;
COMMENT ON COLUMN send_windows.min_gap_hours IS 'Between two messages to one person.';
COMMENT ON COLUMN send_windows.spacing_seconds IS 'Between any two messages.';
COMMENT ON COLUMN send_windows.start_minute IS 'Of the local day: 540 is 9:00.';
COMMENT ON COLUMN send_windows.days IS 'ISO: Monday is 1.';

CREATE TABLE draft_sources (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    draft_id UUID NOT NULL,
    place INTEGER NOT NULL,
    sentence TEXT NOT NULL,
    source_table TEXT,
    source_row_id UUID,
    source_url TEXT,
    quote TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_draft_sources PRIMARY KEY (org_id, id),
    CONSTRAINT uq_draft_sources_org_id_draft_id_place UNIQUE (org_id, draft_id, place)
);
COMMENT ON COLUMN draft_sources.place IS 'Order within the draft, from 1.';
COMMENT ON COLUMN draft_sources.source_row_id IS 'A row of source_table.';

CREATE TABLE outbox (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    channel VARCHAR(40) NOT NULL,
    purpose VARCHAR(40) NOT NULL,
    idempotency_key TEXT NOT NULL,
    state VARCHAR(40) NOT NULL,
    person_id UUID,
    donor_id UUID,
    to_address TEXT NOT NULL,
    subject TEXT,
    body_plain TEXT,
    body_html TEXT,
    payload JSONB DEFAULT '{}' NOT NULL,
    draft_id UUID,
    message_id UUID,
    enrolment_id UUID,
    sequence_step_id UUID,
    automation_run_id UUID,
    receipt_id UUID,
    mailbox_id UUID,
    channel_account_id UUID,
    decision_id UUID,
    not_before TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    lease_until TIMESTAMP WITH TIME ZONE,
    fence INTEGER NOT NULL,
    claimed_by TEXT,
    attempts INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    error_message TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_outbox PRIMARY KEY (org_id, id),
    CONSTRAINT uq_outbox_org_id_idempotency_key UNIQUE (org_id, idempotency_key),
    CONSTRAINT ck_outbox_lease_while_claimed CHECK ((state = 'claimed') = (lease_until IS NOT NULL)),
    CONSTRAINT ck_outbox_marketing_only_when_decided CHECK (purpose IN ('transactional', 'receipt', 'service') OR decision_id IS NOT NULL),
    CONSTRAINT ck_outbox_kind_known CHECK (kind IN ('reply', 'draft', 'sequence', 'automation', 'workflow', 'receipt', 'code', 'reminder', 'notification', 'test')),
    CONSTRAINT ck_outbox_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other')),
    CONSTRAINT ck_outbox_purpose_known CHECK (purpose IN ('marketing', 'appeal', 'newsletter', 'event', 'stewardship', 'survey', 'transactional', 'receipt', 'service')),
    CONSTRAINT ck_outbox_state_known CHECK (state IN ('pending', 'claimed', 'sent', 'unknown', 'failed', 'cancelled'))
);
CREATE INDEX ix_outbox_due ON outbox (org_id, not_before, id) WHERE state = 'pending';
CREATE INDEX ix_outbox_leases ON outbox (org_id, lease_until) WHERE state = 'claimed';
CREATE INDEX ix_outbox_org_id_automation_run_id ON outbox (org_id, automation_run_id);
CREATE INDEX ix_outbox_org_id_channel_account_id ON outbox (org_id, channel_account_id);
CREATE INDEX ix_outbox_org_id_decision_id ON outbox (org_id, decision_id);
CREATE INDEX ix_outbox_org_id_donor_id ON outbox (org_id, donor_id);
CREATE INDEX ix_outbox_org_id_draft_id ON outbox (org_id, draft_id);
CREATE INDEX ix_outbox_org_id_enrolment_id ON outbox (org_id, enrolment_id);
CREATE INDEX ix_outbox_org_id_mailbox_id ON outbox (org_id, mailbox_id);
CREATE INDEX ix_outbox_org_id_message_id ON outbox (org_id, message_id);
CREATE INDEX ix_outbox_org_id_person_id ON outbox (org_id, person_id);
CREATE INDEX ix_outbox_org_id_receipt_id ON outbox (org_id, receipt_id);
CREATE INDEX ix_outbox_org_id_sequence_step_id ON outbox (org_id, sequence_step_id);
CREATE INDEX ix_outbox_org_id_state ON outbox (org_id, state);
COMMENT ON COLUMN outbox.payload IS 'What the channel needs beyond the words.';
COMMENT ON COLUMN outbox.expires_at IS 'After this it is not sent.';
COMMENT ON COLUMN outbox.fence IS 'Goes up with every claim.';

CREATE TABLE send_slots (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    window_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    day DATE NOT NULL,
    person_id UUID,
    draft_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_send_slots PRIMARY KEY (org_id, id),
    CONSTRAINT uq_send_slots_org_id_window_id_at UNIQUE (org_id, window_id, at)
);
CREATE INDEX ix_send_slots_org_id_draft_id ON send_slots (org_id, draft_id);
CREATE INDEX ix_send_slots_org_id_person_id_at ON send_slots (org_id, person_id, at);
CREATE INDEX ix_send_slots_org_id_window_id_day ON send_slots (org_id, window_id, day);
COMMENT ON COLUMN send_slots.day IS 'In the window''s own timezone.';

CREATE TABLE deliveries (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    outbox_id UUID,
    campaign_recipient_id UUID,
    fence INTEGER NOT NULL,
    campaign_id UUID,
    sequence_id UUID,
    person_id UUID,
    donor_id UUID,
    channel VARCHAR(40) NOT NULL,
    purpose VARCHAR(40) NOT NULL,
    to_address TEXT NOT NULL,
    status VARCHAR(40) NOT NULL,
    tracking_key TEXT NOT NULL,
    mailbox_id UUID,
    provider TEXT,
    provider_message_id TEXT,
    provider_thread_id TEXT,
    queued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    delivered_at TIMESTAMP WITH TIME ZONE,
    bounced_at TIMESTAMP WITH TIME ZONE,
    bounce_kind VARCHAR(40),
    failed_at TIMESTAMP WITH TIME ZONE,
    error_message TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_deliveries PRIMARY KEY (org_id, id),
    CONSTRAINT ck_deliveries_one_of_them CHECK (num_nonnulls(outbox_id, campaign_recipient_id) = 1),
    CONSTRAINT uq_deliveries_org_id_tracking_key UNIQUE (org_id, tracking_key),
    CONSTRAINT ck_deliveries_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other')),
    CONSTRAINT ck_deliveries_purpose_known CHECK (purpose IN ('marketing', 'appeal', 'newsletter', 'event', 'stewardship', 'survey', 'transactional', 'receipt', 'service')),
    CONSTRAINT ck_deliveries_status_known CHECK (status IN ('queued', 'cancelled', 'failed', 'sent', 'delivered', 'bounced', 'complained')),
    CONSTRAINT ck_deliveries_bounce_kind_known CHECK (bounce_kind IN ('hard', 'soft'))
);
CREATE INDEX ix_deliveries_org_id_campaign_id_status ON deliveries (org_id, campaign_id, status);
CREATE INDEX ix_deliveries_org_id_donor_id ON deliveries (org_id, donor_id);
CREATE INDEX ix_deliveries_org_id_mailbox_id ON deliveries (org_id, mailbox_id);
CREATE INDEX ix_deliveries_org_id_person_id_queued_at ON deliveries (org_id, person_id, queued_at);
CREATE INDEX ix_deliveries_org_id_provider_message_id ON deliveries (org_id, provider_message_id);
CREATE INDEX ix_deliveries_org_id_queued_at ON deliveries (org_id, queued_at);
CREATE INDEX ix_deliveries_org_id_sequence_id ON deliveries (org_id, sequence_id);
CREATE UNIQUE INDEX uq_deliveries_attempt_of_outbox ON deliveries (org_id, outbox_id, fence) WHERE outbox_id IS NOT NULL;
CREATE UNIQUE INDEX uq_deliveries_attempt_of_recipient ON deliveries (org_id, campaign_recipient_id, fence) WHERE campaign_recipient_id IS NOT NULL;
COMMENT ON COLUMN deliveries.fence IS 'Of the claim it was made for.';
COMMENT ON COLUMN deliveries.tracking_key IS 'Opaque; stands in pixels and links.';

CREATE TABLE links (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    delivery_id UUID NOT NULL,
    tracking_key TEXT NOT NULL,
    url TEXT NOT NULL,
    label TEXT,
    position INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_links PRIMARY KEY (org_id, id),
    CONSTRAINT uq_links_org_id_tracking_key UNIQUE (org_id, tracking_key)
);
CREATE INDEX ix_links_org_id_delivery_id ON links (org_id, delivery_id);
COMMENT ON COLUMN links.label IS 'The words that carry the link.';
COMMENT ON COLUMN links.position IS 'Order within the message.';

CREATE TABLE suppressions (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    channel VARCHAR(40) NOT NULL,
    address TEXT,
    address_hash BYTEA NOT NULL,
    reason VARCHAR(40) NOT NULL,
    note TEXT,
    person_id UUID,
    campaign_id UUID,
    delivery_id UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    lifted_at TIMESTAMP WITH TIME ZONE,
    lifted_because TEXT,
    lifted_by_contact BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_suppressions PRIMARY KEY (org_id, id),
    CONSTRAINT ck_suppressions_lifted_with_a_reason CHECK (num_nonnulls(lifted_at, lifted_because) IN (0, 2)),
    CONSTRAINT ck_suppressions_stop_is_lifted_by_the_contact CHECK (lifted_at IS NULL OR reason NOT IN ('keyword', 'erased') OR (reason = 'keyword' AND lifted_by_contact)),
    CONSTRAINT ck_suppressions_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other')),
    CONSTRAINT ck_suppressions_reason_known CHECK (reason IN ('unsubscribed', 'keyword', 'hard_bounce', 'complaint', 'invalid', 'manual', 'erased'))
);
CREATE INDEX ix_suppressions_org_id_address_hash ON suppressions (org_id, address_hash);
CREATE INDEX ix_suppressions_org_id_campaign_id ON suppressions (org_id, campaign_id);
CREATE INDEX ix_suppressions_org_id_delivery_id ON suppressions (org_id, delivery_id);
CREATE INDEX ix_suppressions_org_id_person_id ON suppressions (org_id, person_id);
CREATE UNIQUE INDEX uq_suppressions_standing ON suppressions (org_id, channel, address_hash, reason) WHERE lifted_at IS NULL;
COMMENT ON COLUMN suppressions.address IS 'Normalised; emptied by erasure.';
COMMENT ON COLUMN suppressions.address_hash IS 'All that erasure leaves.';
COMMENT ON COLUMN suppressions.note IS 'In their own words, where they gave any.';

CREATE TABLE tracking_events (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    delivery_id UUID NOT NULL,
    link_id UUID,
    campaign_id UUID,
    person_id UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    is_machine BOOLEAN NOT NULL,
    provider_event_id TEXT,
    link_url TEXT,
    ip_address TEXT,
    user_agent TEXT,
    device_type TEXT,
    client TEXT,
    location JSONB,
    properties JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_tracking_events PRIMARY KEY (org_id, id),
    CONSTRAINT uq_tracking_events_org_id_provider_event_id UNIQUE (org_id, provider_event_id),
    CONSTRAINT ck_tracking_events_kind_known CHECK (kind IN ('sent', 'delivered', 'open', 'click', 'bounce', 'complaint', 'reply', 'unsubscribe', 'failed'))
);
CREATE INDEX ix_tracking_events_org_id_at ON tracking_events (org_id, at);
CREATE INDEX ix_tracking_events_org_id_campaign_id_kind_is_machine ON tracking_events (org_id, campaign_id, kind, is_machine);
CREATE INDEX ix_tracking_events_org_id_delivery_id_kind ON tracking_events (org_id, delivery_id, kind);
CREATE INDEX ix_tracking_events_org_id_link_id ON tracking_events (org_id, link_id);
CREATE INDEX ix_tracking_events_org_id_person_id_at ON tracking_events (org_id, person_id, at);
COMMENT ON COLUMN tracking_events.is_machine IS 'A scanner or a prefetching mail program, not a reader.';
COMMENT ON COLUMN tracking_events.provider_event_id IS 'A repeat is one event.';
COMMENT ON COLUMN tracking_events.client IS 'The mail program or browser.';
"""

DOWN = r"""
DROP TABLE tracking_events;
DROP TABLE suppressions;
DROP TABLE links;
DROP TABLE deliveries;
DROP TABLE send_slots;
DROP TABLE outbox;
DROP TABLE draft_sources;
DROP TABLE send_windows;
DROP TABLE drafts;
DROP TABLE drafting_sessions;
DROP TABLE contact_decisions;
DROP TABLE sender_identities;
DROP TABLE consents;
DROP TABLE style_examples;
DROP TABLE mailboxes;
DROP TABLE contact_policies;
DROP TABLE mail_providers;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
