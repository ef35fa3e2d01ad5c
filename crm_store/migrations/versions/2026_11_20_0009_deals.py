"""Pipelines, deals, products and offers."""

from crm_store.migrating import run

revision = "0009_deals"
down_revision = "0008_leads"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE interest_levels (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    position INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_interest_levels PRIMARY KEY (org_id, id),
    CONSTRAINT uq_interest_levels_org_id_name UNIQUE (org_id, name)
);

CREATE TABLE product_types (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_product_types PRIMARY KEY (org_id, id),
    CONSTRAINT uq_product_types_org_id_name UNIQUE (org_id, name)
);

CREATE TABLE product_categories (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    color TEXT NOT NULL,
    icon TEXT NOT NULL,
    workspace_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_product_categories PRIMARY KEY (org_id, id),
    CONSTRAINT uq_product_categories_org_id_name UNIQUE (org_id, name)
);
CREATE INDEX ix_product_categories_org_id_workspace_id ON product_categories (org_id, workspace_id);

CREATE TABLE pipelines (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    is_default BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    workspace_id UUID,
    project_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_pipelines PRIMARY KEY (org_id, id),
    CONSTRAINT uq_pipelines_org_id_name UNIQUE (org_id, name)
);
CREATE INDEX ix_pipelines_org_id_project_id ON pipelines (org_id, project_id);
CREATE INDEX ix_pipelines_org_id_workspace_id ON pipelines (org_id, workspace_id);
CREATE UNIQUE INDEX uq_pipelines_default ON pipelines (org_id) WHERE is_default;

CREATE TABLE products (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    title TEXT,
    description TEXT,
    price NUMERIC(18, 4) NOT NULL,
    currency TEXT NOT NULL,
    sku TEXT,
    product_type_id UUID,
    category_id UUID,
    pipeline_id UUID,
    photo_url TEXT,
    is_featured BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    stock INTEGER,
    specifications JSONB NOT NULL,
    workspace_id UUID,
    project_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_products PRIMARY KEY (org_id, id),
    CONSTRAINT ck_products_price_not_negative CHECK (price >= 0),
    CONSTRAINT ck_products_stock_not_negative CHECK (stock >= 0)
);
CREATE INDEX ix_products_org_id_category_id ON products (org_id, category_id);
CREATE INDEX ix_products_org_id_name ON products (org_id, name);
CREATE INDEX ix_products_org_id_pipeline_id ON products (org_id, pipeline_id);
CREATE INDEX ix_products_org_id_product_type_id ON products (org_id, product_type_id);
CREATE INDEX ix_products_org_id_project_id ON products (org_id, project_id);
CREATE INDEX ix_products_org_id_workspace_id ON products (org_id, workspace_id);
CREATE UNIQUE INDEX uq_products_sku ON products (org_id, sku) WHERE deleted_at IS NULL;
COMMENT ON COLUMN products.title IS 'The name as shown to buyers, if another.';
COMMENT ON COLUMN products.stock IS 'How many are left; empty: not counted.';

CREATE TABLE stages (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    pipeline_id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    position INTEGER NOT NULL,
    probability INTEGER NOT NULL,
    kind VARCHAR(40) NOT NULL,
    is_active BOOLEAN NOT NULL,
    color TEXT,
    workspace_id UUID,
    project_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_stages PRIMARY KEY (org_id, id),
    CONSTRAINT uq_stages_org_id_pipeline_id_name UNIQUE (org_id, pipeline_id, name),
    CONSTRAINT uq_stages_org_id_pipeline_id_position UNIQUE (org_id, pipeline_id, position) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ck_stages_probability_in_range CHECK (probability BETWEEN 0 AND 100),
    CONSTRAINT ck_stages_kind_known CHECK (kind IN ('open', 'won', 'lost'))
);
CREATE INDEX ix_stages_org_id_project_id ON stages (org_id, project_id);
CREATE INDEX ix_stages_org_id_workspace_id ON stages (org_id, workspace_id);
COMMENT ON COLUMN stages.probability IS 'Percent.';
COMMENT ON COLUMN stages.is_active IS 'Retired ones keep their history.';

CREATE TABLE offers (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    product_id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    discount_kind VARCHAR(40) NOT NULL,
    discount_value NUMERIC(18, 4) NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE,
    ends_at TIMESTAMP WITH TIME ZONE,
    is_active BOOLEAN NOT NULL,
    conditions JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_offers PRIMARY KEY (org_id, id),
    CONSTRAINT ck_offers_discount_positive CHECK (discount_value > 0),
    CONSTRAINT ck_offers_percentage_in_range CHECK (discount_kind <> 'percentage' OR discount_value <= 100),
    CONSTRAINT ck_offers_ends_after_it_starts CHECK (ends_at > starts_at),
    CONSTRAINT ck_offers_discount_kind_known CHECK (discount_kind IN ('percentage', 'fixed_amount'))
);
CREATE INDEX ix_offers_org_id_product_id ON offers (org_id, product_id);
COMMENT ON COLUMN offers.discount_value IS 'Percent, or money in its currency.';
COMMENT ON COLUMN offers.ends_at IS 'The first moment it is over.';
COMMENT ON COLUMN offers.conditions IS 'crm_store.deals.pricing.Conditions.';

CREATE TABLE deals (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    value NUMERIC(18, 4) NOT NULL,
    currency TEXT NOT NULL,
    probability INTEGER NOT NULL,
    probability_is_own BOOLEAN NOT NULL,
    status VARCHAR(40) NOT NULL,
    stage_id UUID NOT NULL,
    stage_since TIMESTAMP WITH TIME ZONE NOT NULL,
    expected_close_on DATE,
    closed_at TIMESTAMP WITH TIME ZONE,
    close_reason TEXT,
    person_id UUID,
    company_id UUID,
    donor_id UUID,
    product_id UUID,
    quantity INTEGER NOT NULL,
    offer_id UUID,
    interest_level_id UUID,
    supervisor_id UUID,
    project_id UUID,
    owner_id UUID,
    workspace_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_deals PRIMARY KEY (org_id, id),
    CONSTRAINT ck_deals_probability_in_range CHECK (probability BETWEEN 0 AND 100),
    CONSTRAINT ck_deals_value_not_negative CHECK (value >= 0),
    CONSTRAINT ck_deals_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_deals_closed_when_decided CHECK ((status IN ('won', 'lost')) = (closed_at IS NOT NULL)),
    CONSTRAINT ck_deals_status_known CHECK (status IN ('open', 'won', 'lost'))
);
CREATE INDEX ix_deals_board ON deals (org_id, stage_id, stage_since) INCLUDE (currency, value, probability, owner_id, workspace_id) WHERE status = 'open' AND deleted_at IS NULL;
CREATE INDEX ix_deals_org_id_company_id ON deals (org_id, company_id);
CREATE INDEX ix_deals_org_id_donor_id ON deals (org_id, donor_id);
CREATE INDEX ix_deals_org_id_interest_level_id ON deals (org_id, interest_level_id);
CREATE INDEX ix_deals_org_id_offer_id ON deals (org_id, offer_id);
CREATE INDEX ix_deals_org_id_owner_id ON deals (org_id, owner_id);
CREATE INDEX ix_deals_org_id_person_id ON deals (org_id, person_id);
CREATE INDEX ix_deals_org_id_product_id ON deals (org_id, product_id);
CREATE INDEX ix_deals_org_id_project_id ON deals (org_id, project_id);
CREATE INDEX ix_deals_org_id_stage_id ON deals (org_id, stage_id);
CREATE INDEX ix_deals_org_id_status_expected_close_on ON deals (org_id, status, expected_close_on);
CREATE INDEX ix_deals_org_id_supervisor_id ON deals (org_id, supervisor_id);
CREATE INDEX ix_deals_org_id_workspace_id ON deals (org_id, workspace_id);
COMMENT ON COLUMN deals.probability IS 'Percent; the stage''s unless someone said.';
COMMENT ON COLUMN deals.probability_is_own IS 'Somebody set it for this deal, so moving does not change it.';

CREATE TABLE stage_moves (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    deal_id UUID NOT NULL,
    from_stage_id UUID,
    to_stage_id UUID NOT NULL,
    status VARCHAR(40) NOT NULL,
    moved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    moved_by_id UUID,
    seconds_in_stage BIGINT,
    reason TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_stage_moves PRIMARY KEY (org_id, id),
    CONSTRAINT ck_stage_moves_status_known CHECK (status IN ('open', 'won', 'lost'))
);
CREATE INDEX ix_stage_moves_org_id_deal_id_moved_at ON stage_moves (org_id, deal_id, moved_at);
CREATE INDEX ix_stage_moves_org_id_from_stage_id ON stage_moves (org_id, from_stage_id);
CREATE INDEX ix_stage_moves_org_id_to_stage_id ON stage_moves (org_id, to_stage_id);
COMMENT ON COLUMN stage_moves.moved_by_id IS 'A member; bare, as in the log.';
"""

DOWN = r"""
DROP TABLE stage_moves;
DROP TABLE deals;
DROP TABLE offers;
DROP TABLE stages;
DROP TABLE products;
DROP TABLE pipelines;
DROP TABLE product_categories;
DROP TABLE product_types;
DROP TABLE interest_levels;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
