"""Organisations and how each is set up."""

from crm_store.migrating import run

revision = "0002_orgs"
down_revision = "0001_ground"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE features (
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    sort_order INTEGER NOT NULL,
    key TEXT NOT NULL,
    CONSTRAINT pk_features PRIMARY KEY (key)
);
COMMENT ON COLUMN features.is_default IS 'On from the day of founding.';

CREATE TABLE orgs (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    subdomain TEXT,
    logo_url TEXT,
    currency TEXT NOT NULL,
    timezone TEXT NOT NULL,
    locale TEXT NOT NULL,
    date_format TEXT NOT NULL,
    time_format TEXT NOT NULL,
    fiscal_year_starts INTEGER NOT NULL,
    subscription_tier TEXT NOT NULL,
    legal_name TEXT,
    tax_id TEXT,
    registration_number TEXT,
    address TEXT,
    city TEXT,
    postal_code TEXT,
    country TEXT,
    phone TEXT,
    email TEXT,
    website_url TEXT,
    website_data JSONB,
    website_crawled_at TIMESTAMP WITH TIME ZONE,
    ai_instructions TEXT,
    settings JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_orgs PRIMARY KEY (id),
    CONSTRAINT ck_orgs_fiscal_year_starts_is_a_month CHECK (fiscal_year_starts BETWEEN 1 AND 12),
    CONSTRAINT ck_orgs_currency_is_iso_4217 CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT uq_orgs_slug UNIQUE (slug),
    CONSTRAINT uq_orgs_subdomain UNIQUE (subdomain)
);
COMMENT ON COLUMN orgs.slug IS 'The short name in addresses.';
COMMENT ON COLUMN orgs.locale IS 'BCP 47, as in el or en-GB.';
COMMENT ON COLUMN orgs.fiscal_year_starts IS 'Month, 1 to 12.';
COMMENT ON COLUMN orgs.legal_name IS 'As receipts must print it.';
COMMENT ON COLUMN orgs.country IS 'ISO 3166-1 alpha-2.';
COMMENT ON COLUMN orgs.website_data IS 'What the last crawl found.';

CREATE TABLE custom_fields (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    noun VARCHAR(40) NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    type VARCHAR(40) NOT NULL,
    options TEXT[] NOT NULL,
    is_required BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    sort_order INTEGER NOT NULL,
    description TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_custom_fields PRIMARY KEY (org_id, id),
    CONSTRAINT uq_custom_fields_org_id_noun_name UNIQUE (org_id, noun, name),
    CONSTRAINT ck_custom_fields_noun_known CHECK (noun IN ('person', 'company', 'household', 'donor', 'gift', 'lead', 'deal', 'ticket', 'task', 'project')),
    CONSTRAINT ck_custom_fields_type_known CHECK (type IN ('text', 'number', 'date', 'select', 'multiselect', 'checkbox'))
);
COMMENT ON COLUMN custom_fields.name IS 'Lower case, as filters and imports know it.';

CREATE TABLE org_features (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    feature_key TEXT NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_org_features PRIMARY KEY (org_id, id),
    CONSTRAINT uq_org_features_org_id_feature_key UNIQUE (org_id, feature_key)
);

CREATE TABLE org_settings (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    key TEXT NOT NULL,
    value JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_org_settings PRIMARY KEY (org_id, id),
    CONSTRAINT uq_org_settings_org_id_key UNIQUE (org_id, key)
);

CREATE TABLE workspaces (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_workspaces PRIMARY KEY (org_id, id),
    CONSTRAINT uq_workspaces_org_id_name UNIQUE (org_id, name)
);
"""

DOWN = r"""
DROP TABLE workspaces;
DROP TABLE org_settings;
DROP TABLE org_features;
DROP TABLE custom_fields;
DROP TABLE orgs;
DROP TABLE features;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
