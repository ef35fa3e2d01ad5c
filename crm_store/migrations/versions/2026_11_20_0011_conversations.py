"""Conversations, messages and channels."""

from crm_store.migrating import run

revision = "0011_conversations"
down_revision = "0010_tickets"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE channel_accounts (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    channel VARCHAR(40) NOT NULL,
    provider VARCHAR(40) NOT NULL,
    address TEXT NOT NULL,
    channel_key TEXT NOT NULL,
    account_sid TEXT,
    phone_sid TEXT,
    messaging_service_sid TEXT,
    business_account_id TEXT,
    auth_token BYTEA,
    previous_auth_token BYTEA,
    api_key_id TEXT,
    api_secret BYTEA,
    webhook_url TEXT,
    is_active BOOLEAN NOT NULL,
    is_default BOOLEAN NOT NULL,
    is_for_staff BOOLEAN NOT NULL,
    verified_at TIMESTAMP WITH TIME ZONE,
    last_inbound_at TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    greeting TEXT,
    language TEXT,
    business_hours JSONB DEFAULT '{}' NOT NULL,
    forward_to TEXT,
    records_calls BOOLEAN NOT NULL,
    takes_voicemail BOOLEAN NOT NULL,
    missed_call_reply TEXT,
    rate_per_second INTEGER,
    properties JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_channel_accounts PRIMARY KEY (org_id, id),
    CONSTRAINT uq_channel_accounts_org_id_channel_address UNIQUE (org_id, channel, address),
    CONSTRAINT uq_channel_accounts_org_id_channel_key UNIQUE (org_id, channel_key),
    CONSTRAINT ck_channel_accounts_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other')),
    CONSTRAINT ck_channel_accounts_provider_known CHECK (provider IN ('twilio', 'meta', 'ses', 'gmail', 'outlook', 'workspace', 'smtp', 'own'))
);
COMMENT ON COLUMN channel_accounts.address IS 'The number or address people write to.';
COMMENT ON COLUMN channel_accounts.channel_key IS 'Opaque; the last part of the webhook''s address and not a secret by itself.';
COMMENT ON COLUMN channel_accounts.webhook_url IS 'As the provider dials it.';
COMMENT ON COLUMN channel_accounts.is_for_staff IS 'Staff ask here, not donors.';
COMMENT ON COLUMN channel_accounts.forward_to IS 'Where calls ring.';

CREATE TABLE allowed_senders (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    pattern TEXT NOT NULL,
    channel_account_id UUID,
    is_allowed BOOLEAN NOT NULL,
    note TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_allowed_senders PRIMARY KEY (org_id, id)
);
CREATE INDEX ix_allowed_senders_org_id_channel_account_id ON allowed_senders (org_id, channel_account_id);
CREATE UNIQUE INDEX uq_allowed_senders_everywhere ON allowed_senders (org_id, pattern) WHERE channel_account_id IS NULL;
CREATE UNIQUE INDEX uq_allowed_senders_per_account ON allowed_senders (org_id, channel_account_id, pattern) WHERE channel_account_id IS NOT NULL;
COMMENT ON COLUMN allowed_senders.pattern IS 'anna@example.org, or @example.org for a domain.';
COMMENT ON COLUMN allowed_senders.is_allowed IS 'False turns them away.';

CREATE TABLE widgets (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    embed_key TEXT NOT NULL,
    workspace_id UUID,
    is_active BOOLEAN NOT NULL,
    allowed_domains TEXT[] DEFAULT '{}' NOT NULL,
    title TEXT,
    greeting TEXT,
    away_message TEXT,
    placeholder TEXT,
    suggestions TEXT[] DEFAULT '{}' NOT NULL,
    language TEXT,
    position VARCHAR(40) NOT NULL,
    theme JSONB DEFAULT '{}' NOT NULL,
    logo_url TEXT,
    business_hours JSONB DEFAULT '{}' NOT NULL,
    timezone TEXT,
    consent_text TEXT,
    consent_version TEXT,
    privacy_url TEXT,
    asks_for_email BOOLEAN NOT NULL,
    asks_for_consent BOOLEAN NOT NULL,
    offers_person BOOLEAN NOT NULL,
    allows_attachments BOOLEAN NOT NULL,
    signing_secret BYTEA,
    session_days INTEGER NOT NULL,
    properties JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_widgets PRIMARY KEY (org_id, id),
    CONSTRAINT uq_widgets_org_id_embed_key UNIQUE (org_id, embed_key),
    CONSTRAINT uq_widgets_org_id_name UNIQUE (org_id, name),
    CONSTRAINT ck_widgets_position_known CHECK (position IN ('left', 'right'))
);
CREATE INDEX ix_widgets_org_id_workspace_id ON widgets (org_id, workspace_id);
COMMENT ON COLUMN widgets.embed_key IS 'Public: it stands in the page''s source.';

CREATE TABLE visitors (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    visitor_key TEXT,
    widget_id UUID,
    person_id UUID,
    verified_at TIMESTAMP WITH TIME ZONE,
    verified_by TEXT,
    name TEXT,
    email TEXT,
    phone TEXT,
    company TEXT,
    language TEXT,
    timezone TEXT,
    country TEXT,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    visits INTEGER NOT NULL,
    first_page TEXT,
    last_page TEXT,
    referrer TEXT,
    consented_at TIMESTAMP WITH TIME ZONE,
    consent_text TEXT,
    is_blocked BOOLEAN NOT NULL,
    properties JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_visitors PRIMARY KEY (org_id, id),
    CONSTRAINT uq_visitors_org_id_visitor_key UNIQUE (org_id, visitor_key),
    CONSTRAINT ck_visitors_person_only_when_verified CHECK ((person_id IS NULL) = (verified_at IS NULL))
);
CREATE INDEX ix_visitors_org_id_person_id ON visitors (org_id, person_id);
CREATE INDEX ix_visitors_org_id_widget_id ON visitors (org_id, widget_id);
COMMENT ON COLUMN visitors.visitor_key IS 'The browser''s or a source''s own id.';
COMMENT ON COLUMN visitors.verified_by IS 'What proved it, as in email_code.';
COMMENT ON COLUMN visitors.consent_text IS 'The words they agreed to.';

CREATE TABLE visitor_sessions (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    visitor_id UUID NOT NULL,
    widget_id UUID,
    token_hash BYTEA NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ip_address TEXT,
    user_agent TEXT,
    origin TEXT,
    page_url TEXT,
    referrer TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_visitor_sessions PRIMARY KEY (org_id, id),
    CONSTRAINT uq_visitor_sessions_org_id_token_hash UNIQUE (org_id, token_hash)
);
CREATE INDEX ix_visitor_sessions_org_id_visitor_id ON visitor_sessions (org_id, visitor_id);
CREATE INDEX ix_visitor_sessions_org_id_widget_id ON visitor_sessions (org_id, widget_id);
COMMENT ON COLUMN visitor_sessions.token_hash IS 'SHA-256; the token itself is never kept.';

CREATE TABLE conversations (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    channel VARCHAR(40) NOT NULL,
    status VARCHAR(40) NOT NULL,
    handling VARCHAR(40) NOT NULL,
    subject TEXT,
    person_id UUID,
    donor_id UUID,
    visitor_id UUID,
    assistant_id UUID,
    channel_account_id UUID,
    widget_id UUID,
    thread_key TEXT,
    language TEXT,
    tags TEXT[] DEFAULT '{}' NOT NULL,
    internal_notes TEXT,
    summary TEXT,
    summary_through INTEGER,
    is_tainted BOOLEAN NOT NULL,
    epoch INTEGER DEFAULT '1' NOT NULL,
    message_count INTEGER NOT NULL,
    unread_count INTEGER NOT NULL,
    last_message_at TIMESTAMP WITH TIME ZONE,
    last_message_preview TEXT,
    last_inbound_at TIMESTAMP WITH TIME ZONE,
    snoozed_until TIMESTAMP WITH TIME ZONE,
    resolved_at TIMESTAMP WITH TIME ZONE,
    resolved_by UUID,
    rating INTEGER,
    rating_comment TEXT,
    properties JSONB DEFAULT '{}' NOT NULL,
    owner_id UUID,
    workspace_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_conversations PRIMARY KEY (org_id, id),
    CONSTRAINT ck_conversations_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other')),
    CONSTRAINT ck_conversations_status_known CHECK (status IN ('active', 'waiting', 'snoozed', 'resolved', 'archived')),
    CONSTRAINT ck_conversations_handling_known CHECK (handling IN ('assistant', 'person_wanted', 'person'))
);
CREATE INDEX ix_conversations_org_id_assistant_id ON conversations (org_id, assistant_id);
CREATE INDEX ix_conversations_org_id_channel_account_id ON conversations (org_id, channel_account_id);
CREATE INDEX ix_conversations_org_id_donor_id ON conversations (org_id, donor_id);
CREATE INDEX ix_conversations_org_id_last_message_at ON conversations (org_id, last_message_at);
CREATE INDEX ix_conversations_org_id_owner_id ON conversations (org_id, owner_id);
CREATE INDEX ix_conversations_org_id_person_id ON conversations (org_id, person_id);
CREATE INDEX ix_conversations_org_id_status ON conversations (org_id, status, last_message_at DESC);
CREATE INDEX ix_conversations_org_id_visitor_id ON conversations (org_id, visitor_id);
CREATE INDEX ix_conversations_org_id_widget_id ON conversations (org_id, widget_id);
CREATE INDEX ix_conversations_org_id_workspace_id ON conversations (org_id, workspace_id);
CREATE UNIQUE INDEX uq_conversations_org_id_channel_thread_key ON conversations (org_id, channel, thread_key) WHERE thread_key IS NOT NULL;
COMMENT ON COLUMN conversations.thread_key IS 'The channel''s name for the thread: a References root, a WhatsApp sender, a call.';
COMMENT ON COLUMN conversations.language IS 'BCP 47, as last seen.';
COMMENT ON COLUMN conversations.summary IS 'What went before, for long threads.';
COMMENT ON COLUMN conversations.summary_through IS 'The last message it covers.';
COMMENT ON COLUMN conversations.is_tainted IS 'Somebody outside the organisation has written here.';
COMMENT ON COLUMN conversations.epoch IS 'Goes up when somebody writes after the matter was resolved.';
COMMENT ON COLUMN conversations.message_count IS 'Kept by trigger.';
COMMENT ON COLUMN conversations.unread_count IS 'Kept by trigger.';
COMMENT ON COLUMN conversations.last_message_at IS 'Kept by trigger.';
COMMENT ON COLUMN conversations.last_message_preview IS 'Kept by trigger.';
COMMENT ON COLUMN conversations.last_inbound_at IS 'Kept by trigger.';
COMMENT ON COLUMN conversations.rating IS '1 to 5, given by the other side.';

CREATE TABLE messages (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    conversation_id UUID NOT NULL,
    visitor_id UUID,
    seq INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    direction VARCHAR(40) NOT NULL,
    role VARCHAR(40) NOT NULL,
    kind VARCHAR(40) NOT NULL,
    channel VARCHAR(40) NOT NULL,
    status VARCHAR(40) NOT NULL,
    is_internal BOOLEAN NOT NULL,
    is_tainted BOOLEAN NOT NULL,
    member_id UUID,
    person_id UUID,
    reply_to_id UUID,
    from_address TEXT,
    to_address TEXT,
    subject TEXT,
    content TEXT NOT NULL,
    content_html TEXT,
    language TEXT,
    transcription TEXT,
    intent TEXT,
    provider_message_id TEXT,
    scheduled_at TIMESTAMP WITH TIME ZONE,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE,
    read_at TIMESTAMP WITH TIME ZONE,
    failed_at TIMESTAMP WITH TIME ZONE,
    error_code TEXT,
    error TEXT,
    ai_model TEXT,
    tokens INTEGER,
    processing_ms INTEGER,
    properties JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_messages PRIMARY KEY (org_id, id),
    CONSTRAINT uq_messages_org_id_conversation_id_seq UNIQUE (org_id, conversation_id, seq),
    CONSTRAINT uq_messages_org_id_channel_provider_message_id UNIQUE (org_id, channel, provider_message_id),
    CONSTRAINT ck_messages_direction_known CHECK (direction IN ('inbound', 'outbound')),
    CONSTRAINT ck_messages_role_known CHECK (role IN ('user', 'assistant', 'staff', 'system', 'tool')),
    CONSTRAINT ck_messages_kind_known CHECK (kind IN ('text', 'voice', 'image', 'video', 'file', 'location', 'template', 'buttons', 'lead_form', 'note')),
    CONSTRAINT ck_messages_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other')),
    CONSTRAINT ck_messages_status_known CHECK (status IN ('draft', 'scheduled', 'queued', 'sent', 'failed', 'delivered', 'read'))
);
CREATE INDEX ix_messages_org_id_member_id ON messages (org_id, member_id);
CREATE INDEX ix_messages_org_id_person_id ON messages (org_id, person_id);
CREATE INDEX ix_messages_org_id_reply_to_id ON messages (org_id, reply_to_id);
CREATE INDEX ix_messages_org_id_sent_at ON messages (org_id, sent_at);
CREATE INDEX ix_messages_org_id_visitor_id ON messages (org_id, visitor_id) WHERE visitor_id IS NOT NULL;
CREATE INDEX ix_messages_scheduled ON messages (org_id, scheduled_at) WHERE status = 'scheduled';
COMMENT ON COLUMN messages.seq IS 'Place in the conversation, from 1.';
COMMENT ON COLUMN messages.is_internal IS 'For staff alone.';
COMMENT ON COLUMN messages.is_tainted IS 'Written by an outsider.';
COMMENT ON COLUMN messages.transcription IS 'What a voice message says.';
COMMENT ON COLUMN messages.intent IS 'What was asked for, as in donor_search.';

CREATE TABLE participants (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    conversation_id UUID NOT NULL,
    member_id UUID,
    person_id UUID,
    visitor_id UUID,
    role VARCHAR(40) NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE NOT NULL,
    left_at TIMESTAMP WITH TIME ZONE,
    last_read_seq INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_participants PRIMARY KEY (org_id, id),
    CONSTRAINT ck_participants_one_of_them CHECK (num_nonnulls(member_id, person_id, visitor_id) = 1),
    CONSTRAINT uq_participants_org_id_conversation_id_member_id UNIQUE (org_id, conversation_id, member_id),
    CONSTRAINT uq_participants_org_id_conversation_id_person_id UNIQUE (org_id, conversation_id, person_id),
    CONSTRAINT uq_participants_org_id_conversation_id_visitor_id UNIQUE (org_id, conversation_id, visitor_id),
    CONSTRAINT ck_participants_role_known CHECK (role IN ('participant', 'owner', 'watcher', 'cc'))
);
CREATE INDEX ix_participants_org_id_member_id ON participants (org_id, member_id);
CREATE INDEX ix_participants_org_id_person_id ON participants (org_id, person_id);
CREATE INDEX ix_participants_org_id_visitor_id ON participants (org_id, visitor_id);

CREATE TABLE phone_calls (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    conversation_id UUID,
    channel_account_id UUID,
    person_id UUID,
    member_id UUID,
    direction VARCHAR(40) NOT NULL,
    status VARCHAR(40) NOT NULL,
    from_number TEXT,
    to_number TEXT,
    provider VARCHAR(40) NOT NULL,
    provider_call_id TEXT,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    duration_seconds INTEGER,
    recording_url TEXT,
    recording_path TEXT,
    recording_seconds INTEGER,
    transcript TEXT,
    summary TEXT,
    outcome TEXT,
    error TEXT,
    properties JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_phone_calls PRIMARY KEY (org_id, id),
    CONSTRAINT uq_phone_calls_org_id_provider_provider_call_id UNIQUE (org_id, provider, provider_call_id),
    CONSTRAINT ck_phone_calls_direction_known CHECK (direction IN ('inbound', 'outbound')),
    CONSTRAINT ck_phone_calls_status_known CHECK (status IN ('ringing', 'in_progress', 'completed', 'missed', 'busy', 'failed', 'voicemail', 'cancelled')),
    CONSTRAINT ck_phone_calls_provider_known CHECK (provider IN ('twilio', 'meta', 'ses', 'gmail', 'outlook', 'workspace', 'smtp', 'own'))
);
CREATE INDEX ix_phone_calls_org_id_channel_account_id ON phone_calls (org_id, channel_account_id);
CREATE INDEX ix_phone_calls_org_id_conversation_id ON phone_calls (org_id, conversation_id);
CREATE INDEX ix_phone_calls_org_id_member_id ON phone_calls (org_id, member_id);
CREATE INDEX ix_phone_calls_org_id_person_id ON phone_calls (org_id, person_id);
CREATE INDEX ix_phone_calls_org_id_started_at ON phone_calls (org_id, started_at);
COMMENT ON COLUMN phone_calls.from_number IS 'E.164.';
COMMENT ON COLUMN phone_calls.to_number IS 'E.164.';
COMMENT ON COLUMN phone_calls.outcome IS 'What the caller noted of the result.';

CREATE TABLE attachments (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    message_id UUID NOT NULL,
    visitor_id UUID,
    file_name TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 BYTEA NOT NULL,
    data BYTEA,
    blob_path TEXT,
    source_url TEXT,
    content_id TEXT,
    is_inline BOOLEAN NOT NULL,
    width INTEGER,
    height INTEGER,
    seconds INTEGER,
    extracted_text TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_attachments PRIMARY KEY (org_id, id),
    CONSTRAINT ck_attachments_stored_somewhere CHECK (num_nonnulls(data, blob_path) >= 1)
);
CREATE INDEX ix_attachments_org_id_message_id ON attachments (org_id, message_id);
CREATE INDEX ix_attachments_org_id_sha256 ON attachments (org_id, sha256);
CREATE INDEX ix_attachments_org_id_visitor_id ON attachments (org_id, visitor_id);
COMMENT ON COLUMN attachments.content_id IS 'For images inside mail.';

CREATE TABLE email_details (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    message_id UUID NOT NULL,
    rfc_message_id TEXT,
    thread_id TEXT,
    in_reply_to TEXT,
    "references" TEXT[] DEFAULT '{}' NOT NULL,
    from_name TEXT,
    from_address TEXT,
    reply_to TEXT,
    to_addresses TEXT[] DEFAULT '{}' NOT NULL,
    cc TEXT[] DEFAULT '{}' NOT NULL,
    bcc TEXT[] DEFAULT '{}' NOT NULL,
    headers JSONB DEFAULT '{}' NOT NULL,
    raw_path TEXT,
    size_bytes INTEGER,
    spam_verdict TEXT,
    authentication JSONB DEFAULT '{}' NOT NULL,
    is_auto_reply BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_email_details PRIMARY KEY (org_id, id),
    CONSTRAINT uq_email_details_org_id_message_id UNIQUE (org_id, message_id)
);
CREATE INDEX ix_email_details_org_id_rfc_message_id ON email_details (org_id, rfc_message_id);
CREATE INDEX ix_email_details_org_id_thread_id ON email_details (org_id, thread_id);
COMMENT ON COLUMN email_details.rfc_message_id IS 'The Message-ID header.';
COMMENT ON COLUMN email_details.thread_id IS 'The provider''s thread.';

CREATE TABLE phone_details (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    message_id UUID NOT NULL,
    call_id UUID,
    offset_seconds INTEGER,
    seconds INTEGER,
    speaker TEXT,
    confidence DOUBLE PRECISION,
    digits TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_phone_details PRIMARY KEY (org_id, id),
    CONSTRAINT uq_phone_details_org_id_message_id UNIQUE (org_id, message_id)
);
CREATE INDEX ix_phone_details_org_id_call_id ON phone_details (org_id, call_id);
COMMENT ON COLUMN phone_details.digits IS 'Keys pressed.';

CREATE TABLE whatsapp_details (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    message_id UUID NOT NULL,
    message_sid TEXT,
    account_sid TEXT,
    wa_id TEXT,
    business_user_id TEXT,
    profile_name TEXT,
    media_count INTEGER NOT NULL,
    media JSONB DEFAULT '[]' NOT NULL,
    template_sid TEXT,
    template_variables JSONB DEFAULT '{}' NOT NULL,
    button_payload TEXT,
    window_expires_at TIMESTAMP WITH TIME ZONE,
    referral JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_whatsapp_details PRIMARY KEY (org_id, id),
    CONSTRAINT uq_whatsapp_details_org_id_message_id UNIQUE (org_id, message_id)
);
COMMENT ON COLUMN whatsapp_details.wa_id IS 'The sender''s WhatsApp number.';
COMMENT ON COLUMN whatsapp_details.business_user_id IS 'Stays when the number hides.';

CREATE TABLE widget_details (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    message_id UUID NOT NULL,
    visitor_id UUID,
    session_id UUID,
    client_message_id TEXT,
    page_url TEXT,
    page_title TEXT,
    user_agent TEXT,
    ip_address TEXT,
    form JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_widget_details PRIMARY KEY (org_id, id),
    CONSTRAINT uq_widget_details_org_id_message_id UNIQUE (org_id, message_id)
);
CREATE INDEX ix_widget_details_org_id_session_id ON widget_details (org_id, session_id);
CREATE INDEX ix_widget_details_org_id_visitor_id ON widget_details (org_id, visitor_id);
"""

DOWN = r"""
DROP TABLE widget_details;
DROP TABLE whatsapp_details;
DROP TABLE phone_details;
DROP TABLE email_details;
DROP TABLE attachments;
DROP TABLE phone_calls;
DROP TABLE participants;
DROP TABLE messages;
DROP TABLE conversations;
DROP TABLE visitor_sessions;
DROP TABLE visitors;
DROP TABLE widgets;
DROP TABLE allowed_senders;
DROP TABLE channel_accounts;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
