"""Accounts, memberships, roles and how people are found."""

from crm_store.migrating import run

revision = "0003_identity"
down_revision = "0002_orgs"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE directory (
    kind VARCHAR(40) NOT NULL,
    key BYTEA NOT NULL,
    subject_id UUID NOT NULL,
    org_id UUID,
    user_id UUID,
    CONSTRAINT pk_directory PRIMARY KEY (kind, key, subject_id),
    CONSTRAINT ck_directory_leads_somewhere CHECK (num_nonnulls(org_id, user_id) > 0),
    CONSTRAINT ck_directory_kind_known CHECK (kind IN ('org', 'slug', 'subdomain', 'user_email', 'user_identity', 'user_token', 'session', 'member', 'invitation', 'staff_phone', 'staff_whatsapp', 'api_key', 'embed_key', 'channel_key', 'tracking_id'))
);
CREATE INDEX ix_directory_subject_id ON directory (subject_id);
CREATE INDEX ix_directory_user_id_org_id ON directory (user_id, org_id);
CREATE UNIQUE INDEX uq_directory_kind_key ON directory (kind, key) WHERE kind NOT IN ('member', 'staff_phone', 'staff_whatsapp');
COMMENT ON COLUMN directory.key IS 'A SHA-256 of what is shown.';

CREATE TABLE signups (
    id UUID NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    org_name TEXT,
    password_hash TEXT,
    code_hash BYTEA NOT NULL,
    codes_sent INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_signups PRIMARY KEY (id)
);
COMMENT ON COLUMN signups.email IS 'Lower case.';
COMMENT ON COLUMN signups.began_at IS 'Codes and attempts are counted from here.';

CREATE TABLE users (
    id UUID NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    given_name TEXT,
    family_name TEXT,
    avatar_url TEXT,
    password_hash TEXT,
    email_verified_at TIMESTAMP WITH TIME ZONE,
    last_sign_in_at TIMESTAMP WITH TIME ZONE,
    failed_sign_ins INTEGER NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_email UNIQUE (email)
);
COMMENT ON COLUMN users.email IS 'Lower case.';
COMMENT ON COLUMN users.failed_sign_ins IS 'In a row.';

CREATE TABLE roles (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    key TEXT,
    name TEXT NOT NULL,
    level INTEGER NOT NULL,
    permissions TEXT[] NOT NULL,
    scopes TEXT[] NOT NULL,
    description TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_roles PRIMARY KEY (org_id, id),
    CONSTRAINT uq_roles_org_id_name UNIQUE (org_id, name),
    CONSTRAINT uq_roles_org_id_key UNIQUE (org_id, key),
    CONSTRAINT ck_roles_level_is_one_of_six CHECK (level BETWEEN 1 AND 6)
);
COMMENT ON COLUMN roles.key IS 'Of a role every organisation begins with.';
COMMENT ON COLUMN roles.scopes IS 'Beyond the permissions''.';

CREATE TABLE user_identities (
    user_id UUID NOT NULL,
    id UUID NOT NULL,
    provider TEXT NOT NULL,
    account_id TEXT NOT NULL,
    type TEXT NOT NULL,
    access_token BYTEA,
    refresh_token BYTEA,
    id_token BYTEA,
    expires_at TIMESTAMP WITH TIME ZONE,
    token_type TEXT,
    scope TEXT,
    session_state TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_user_identities PRIMARY KEY (user_id, id),
    CONSTRAINT uq_user_identities_provider_account_id UNIQUE (provider, account_id)
);
COMMENT ON COLUMN user_identities.account_id IS 'The provider''s own id of the person.';

CREATE TABLE user_sessions (
    user_id UUID NOT NULL,
    id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    door VARCHAR(40) NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    last_seen_at TIMESTAMP WITH TIME ZONE,
    chosen_org_id UUID,
    user_agent TEXT,
    ip_address TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_user_sessions PRIMARY KEY (user_id, id),
    CONSTRAINT uq_user_sessions_token_hash UNIQUE (token_hash),
    CONSTRAINT ck_user_sessions_door_known CHECK (door IN ('desk', 'whatsapp', 'widget', 'email', 'phone', 'api', 'mcp', 'cli', 'job'))
);

CREATE TABLE user_tokens (
    user_id UUID NOT NULL,
    id UUID NOT NULL,
    purpose VARCHAR(40) NOT NULL,
    token_hash BYTEA NOT NULL,
    sent_to TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_user_tokens PRIMARY KEY (user_id, id),
    CONSTRAINT uq_user_tokens_token_hash UNIQUE (token_hash),
    CONSTRAINT ck_user_tokens_purpose_known CHECK (purpose IN ('verify_email', 'reset_password'))
);

CREATE TABLE members (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    role_id UUID NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    title TEXT,
    manager_id UUID,
    workspace_id UUID,
    extra_scopes TEXT[] NOT NULL,
    is_active BOOLEAN NOT NULL,
    invited_at TIMESTAMP WITH TIME ZONE,
    joined_at TIMESTAMP WITH TIME ZONE,
    deactivated_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_members PRIMARY KEY (org_id, id),
    CONSTRAINT uq_members_org_id_user_id UNIQUE (org_id, user_id),
    CONSTRAINT ck_members_nobody_manages_themselves CHECK (manager_id <> id)
);
CREATE INDEX ix_members_org_id_manager_id ON members (org_id, manager_id);
CREATE INDEX ix_members_org_id_role_id ON members (org_id, role_id);
CREATE INDEX ix_members_org_id_workspace_id ON members (org_id, workspace_id);
COMMENT ON COLUMN members.extra_scopes IS 'Beyond the role''s.';

CREATE TABLE api_keys (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    key_hash BYTEA NOT NULL,
    scopes TEXT[] NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_api_keys PRIMARY KEY (org_id, id),
    CONSTRAINT uq_api_keys_org_id_key_hash UNIQUE (org_id, key_hash)
);
CREATE INDEX ix_api_keys_org_id_member_id ON api_keys (org_id, member_id);
COMMENT ON COLUMN api_keys.prefix IS 'What is shown of it afterwards.';

CREATE TABLE invitations (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    email TEXT NOT NULL,
    name TEXT,
    role_id UUID NOT NULL,
    workspace_id UUID,
    manager_id UUID,
    token_hash BYTEA NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    member_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_invitations PRIMARY KEY (org_id, id),
    CONSTRAINT uq_invitations_org_id_token_hash UNIQUE (org_id, token_hash)
);
CREATE INDEX ix_invitations_org_id_manager_id ON invitations (org_id, manager_id);
CREATE INDEX ix_invitations_org_id_member_id ON invitations (org_id, member_id);
CREATE INDEX ix_invitations_org_id_role_id ON invitations (org_id, role_id);
CREATE INDEX ix_invitations_org_id_workspace_id ON invitations (org_id, workspace_id);
COMMENT ON COLUMN invitations.email IS 'Lower case.';

CREATE TABLE member_workspaces (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    workspace_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_member_workspaces PRIMARY KEY (org_id, id),
    CONSTRAINT uq_member_workspaces_org_id_member_id_workspace_id UNIQUE (org_id, member_id, workspace_id)
);
CREATE INDEX ix_member_workspaces_org_id_workspace_id ON member_workspaces (org_id, workspace_id);

CREATE TABLE preferences (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    theme VARCHAR(40) NOT NULL,
    language TEXT,
    timezone TEXT,
    notifications JSONB NOT NULL,
    email_signature TEXT,
    settings JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_preferences PRIMARY KEY (org_id, id),
    CONSTRAINT uq_preferences_org_id_member_id UNIQUE (org_id, member_id),
    CONSTRAINT ck_preferences_theme_known CHECK (theme IN ('dark', 'light', 'system'))
);

CREATE TABLE staff_phones (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    member_id UUID NOT NULL,
    phone_number TEXT,
    whatsapp_id TEXT,
    display_name TEXT,
    is_allowed BOOLEAN NOT NULL,
    scopes TEXT[],
    verified_at TIMESTAMP WITH TIME ZONE,
    last_query_at TIMESTAMP WITH TIME ZONE,
    query_count INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_staff_phones PRIMARY KEY (org_id, id),
    CONSTRAINT uq_staff_phones_org_id_phone_number UNIQUE (org_id, phone_number),
    CONSTRAINT uq_staff_phones_org_id_whatsapp_id UNIQUE (org_id, whatsapp_id),
    CONSTRAINT ck_staff_phones_can_be_recognised CHECK (num_nonnulls(phone_number, whatsapp_id) > 0),
    CONSTRAINT ck_staff_phones_phone_number_is_e164 CHECK (phone_number ~ '^\+[1-9][0-9]{6,14}$')
);
CREATE INDEX ix_staff_phones_org_id_member_id ON staff_phones (org_id, member_id);
COMMENT ON COLUMN staff_phones.phone_number IS 'E.164.';
COMMENT ON COLUMN staff_phones.whatsapp_id IS 'Business-scoped.';
COMMENT ON COLUMN staff_phones.scopes IS 'The only ones this phone carries.';
"""

DOWN = r"""
DROP TABLE staff_phones;
DROP TABLE preferences;
DROP TABLE member_workspaces;
DROP TABLE invitations;
DROP TABLE api_keys;
DROP TABLE members;
DROP TABLE user_tokens;
DROP TABLE user_sessions;
DROP TABLE user_identities;
DROP TABLE roles;
DROP TABLE users;
DROP TABLE signups;
DROP TABLE directory;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
