"""Campaigns, templates and recipients."""

from crm_store.migrating import run

revision = "0012_campaigns"
down_revision = "0011_conversations"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE templates (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    channel VARCHAR(40) NOT NULL,
    category TEXT,
    purpose VARCHAR(40) NOT NULL,
    language TEXT NOT NULL,
    subject TEXT,
    content TEXT NOT NULL,
    content_plain TEXT,
    variables TEXT[] DEFAULT '{}' NOT NULL,
    buttons JSONB DEFAULT '[]' NOT NULL,
    thumbnail TEXT,
    is_default BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    usage_count INTEGER NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    provider_content_sid TEXT,
    provider_approval VARCHAR(40) NOT NULL,
    provider_note TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_templates PRIMARY KEY (org_id, id),
    CONSTRAINT ck_templates_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other')),
    CONSTRAINT ck_templates_purpose_known CHECK (purpose IN ('marketing', 'appeal', 'newsletter', 'event', 'stewardship', 'survey', 'transactional', 'receipt', 'service')),
    CONSTRAINT ck_templates_provider_approval_known CHECK (provider_approval IN ('not_needed', 'submitted', 'approved', 'rejected', 'paused'))
);
CREATE INDEX ix_templates_org_id_category ON templates (org_id, category);
CREATE UNIQUE INDEX uq_templates_org_id_name_language ON templates (org_id, name, language) WHERE deleted_at IS NULL;
COMMENT ON COLUMN templates.category IS 'welcome, offers, updates, birthday, or the organisation''s own word.';
COMMENT ON COLUMN templates.language IS 'BCP 47.';
COMMENT ON COLUMN templates.provider_content_sid IS 'For WhatsApp.';
COMMENT ON COLUMN templates.provider_note IS 'Why it was rejected.';

CREATE TABLE signatures (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    content_plain TEXT,
    member_id UUID,
    is_default BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_signatures PRIMARY KEY (org_id, id)
);
CREATE INDEX ix_signatures_org_id_member_id ON signatures (org_id, member_id);
CREATE UNIQUE INDEX uq_signatures_default_of_member ON signatures (org_id, member_id) NULLS NOT DISTINCT WHERE is_default AND deleted_at IS NULL;

CREATE TABLE assets (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    file_name TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    size_bytes INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    sha256 BYTEA NOT NULL,
    data BYTEA,
    blob_url TEXT,
    blob_path TEXT,
    signature_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_assets PRIMARY KEY (org_id, id),
    CONSTRAINT ck_assets_stored_somewhere CHECK (num_nonnulls(data, blob_path) >= 1),
    CONSTRAINT ck_assets_kind_known CHECK (kind IN ('image', 'file'))
);
CREATE INDEX ix_assets_org_id_created_at ON assets (org_id, created_at);
CREATE INDEX ix_assets_org_id_kind ON assets (org_id, kind);
CREATE INDEX ix_assets_org_id_sha256 ON assets (org_id, sha256);
CREATE INDEX ix_assets_org_id_signature_id ON assets (org_id, signature_id);

CREATE TABLE campaigns (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    channel VARCHAR(40) NOT NULL,
    purpose VARCHAR(40) NOT NULL,
    status VARCHAR(40) NOT NULL,
    subject TEXT,
    preview_text TEXT,
    content TEXT NOT NULL,
    content_plain TEXT,
    template_id UUID,
    signature_id UUID,
    segment_id UUID,
    appeal_id UUID,
    workspace_id UUID,
    mailbox_id UUID,
    channel_account_id UUID,
    sender_id UUID,
    from_name TEXT,
    from_address TEXT,
    reply_to TEXT,
    audience_filter JSONB,
    one_per_household BOOLEAN NOT NULL,
    skips_officer_owned BOOLEAN NOT NULL,
    tracks_opens BOOLEAN NOT NULL,
    content_hash BYTEA,
    approved_at TIMESTAMP WITH TIME ZONE,
    approved_by UUID,
    frozen_at TIMESTAMP WITH TIME ZONE,
    scheduled_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    started_at TIMESTAMP WITH TIME ZONE,
    paused_at TIMESTAMP WITH TIME ZONE,
    pause_reason TEXT,
    sent_at TIMESTAMP WITH TIME ZONE,
    cancelled_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_campaigns PRIMARY KEY (org_id, id),
    CONSTRAINT ck_campaigns_channel_known CHECK (channel IN ('email', 'whatsapp', 'text', 'phone', 'widget', 'desk', 'mail', 'in_person', 'api', 'other')),
    CONSTRAINT ck_campaigns_purpose_known CHECK (purpose IN ('marketing', 'appeal', 'newsletter', 'event', 'stewardship', 'survey', 'transactional', 'receipt', 'service')),
    CONSTRAINT ck_campaigns_status_known CHECK (status IN ('draft', 'scheduled', 'sending', 'sent', 'paused', 'cancelled'))
);
CREATE INDEX ix_campaigns_due ON campaigns (org_id, scheduled_at) WHERE status = 'scheduled';
CREATE INDEX ix_campaigns_org_id_appeal_id ON campaigns (org_id, appeal_id);
CREATE INDEX ix_campaigns_org_id_channel_account_id ON campaigns (org_id, channel_account_id);
CREATE INDEX ix_campaigns_org_id_mailbox_id ON campaigns (org_id, mailbox_id);
CREATE INDEX ix_campaigns_org_id_segment_id ON campaigns (org_id, segment_id);
CREATE INDEX ix_campaigns_org_id_sender_id ON campaigns (org_id, sender_id);
CREATE INDEX ix_campaigns_org_id_signature_id ON campaigns (org_id, signature_id);
CREATE INDEX ix_campaigns_org_id_status ON campaigns (org_id, status);
CREATE INDEX ix_campaigns_org_id_template_id ON campaigns (org_id, template_id);
CREATE INDEX ix_campaigns_org_id_workspace_id ON campaigns (org_id, workspace_id);
COMMENT ON COLUMN campaigns.audience_filter IS 'A filter, where no segment is.';
COMMENT ON COLUMN campaigns.content_hash IS 'Of what was approved.';
COMMENT ON COLUMN campaigns.frozen_at IS 'When the audience was fixed.';
COMMENT ON COLUMN campaigns.expires_at IS 'Nothing starts after this.';

CREATE TABLE campaign_assets (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    asset_id UUID NOT NULL,
    role VARCHAR(40) NOT NULL,
    embed_inline BOOLEAN NOT NULL,
    display_width_px INTEGER,
    align VARCHAR(40),
    alt_text TEXT,
    sort_order INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_campaign_assets PRIMARY KEY (org_id, id),
    CONSTRAINT ck_campaign_assets_role_known CHECK (role IN ('inline_image', 'attachment')),
    CONSTRAINT ck_campaign_assets_align_known CHECK (align IN ('left', 'center', 'right'))
);
CREATE INDEX ix_campaign_assets_org_id_asset_id ON campaign_assets (org_id, asset_id);
CREATE INDEX ix_campaign_assets_org_id_campaign_id_role ON campaign_assets (org_id, campaign_id, role);

CREATE TABLE campaign_recipients (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    campaign_id UUID NOT NULL,
    person_id UUID NOT NULL,
    donor_id UUID,
    household_id UUID,
    address TEXT,
    state VARCHAR(40) NOT NULL,
    reason TEXT,
    decision_id UUID,
    language TEXT,
    merge_values JSONB DEFAULT '{}' NOT NULL,
    rendered_subject TEXT,
    rendered_html TEXT,
    rendered_plain TEXT,
    content_hash BYTEA,
    lease_until TIMESTAMP WITH TIME ZONE,
    fence INTEGER DEFAULT '0' NOT NULL,
    claimed_by TEXT,
    not_before TIMESTAMP WITH TIME ZONE,
    attempts INTEGER DEFAULT '0' NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE,
    provider_message_id TEXT,
    error_message TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_campaign_recipients PRIMARY KEY (org_id, id),
    CONSTRAINT uq_campaign_recipients_org_id_campaign_id_person_id UNIQUE (org_id, campaign_id, person_id),
    CONSTRAINT ck_campaign_recipients_sent_only_when_decided CHECK (state NOT IN ('claimed', 'accepted', 'unknown') OR decision_id IS NOT NULL),
    CONSTRAINT ck_campaign_recipients_lease_while_claimed CHECK ((state = 'claimed') = (lease_until IS NOT NULL)),
    CONSTRAINT ck_campaign_recipients_state_known CHECK (state IN ('pending', 'claimed', 'accepted', 'unknown', 'failed', 'suppressed', 'cancelled'))
);
CREATE INDEX ix_campaign_recipients_leases ON campaign_recipients (org_id, lease_until) WHERE state = 'claimed';
CREATE INDEX ix_campaign_recipients_org_id_campaign_id_state_id ON campaign_recipients (org_id, campaign_id, state, id);
CREATE INDEX ix_campaign_recipients_org_id_decision_id ON campaign_recipients (org_id, decision_id);
CREATE INDEX ix_campaign_recipients_org_id_donor_id ON campaign_recipients (org_id, donor_id);
CREATE INDEX ix_campaign_recipients_org_id_household_id ON campaign_recipients (org_id, household_id);
CREATE INDEX ix_campaign_recipients_org_id_person_id ON campaign_recipients (org_id, person_id);
COMMENT ON COLUMN campaign_recipients.reason IS 'Why it was suppressed or failed.';
COMMENT ON COLUMN campaign_recipients.not_before IS 'Quiet hours, for one.';
"""

DOWN = r"""
DROP TABLE campaign_recipients;
DROP TABLE campaign_assets;
DROP TABLE campaigns;
DROP TABLE assets;
DROP TABLE signatures;
DROP TABLE templates;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
