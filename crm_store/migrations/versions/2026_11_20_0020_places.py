"""Locations, territories and geocodes."""

from crm_store.migrating import run

revision = "0020_places"
down_revision = "0019_segments"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE geocodes (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    address TEXT NOT NULL,
    key TEXT NOT NULL,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    formatted_address TEXT,
    provider TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_geocodes PRIMARY KEY (org_id, id),
    CONSTRAINT uq_geocodes_org_id_key UNIQUE (org_id, key),
    CONSTRAINT ck_geocodes_on_earth CHECK (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180),
    CONSTRAINT ck_geocodes_both_coordinates_or_neither CHECK ((latitude IS NULL) = (longitude IS NULL))
);
COMMENT ON COLUMN geocodes.key IS 'The address without case, accents and punctuation.';

CREATE TABLE locations (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    address TEXT,
    latitude DOUBLE PRECISION NOT NULL,
    longitude DOUBLE PRECISION NOT NULL,
    category VARCHAR(40) NOT NULL,
    notes TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_locations PRIMARY KEY (org_id, id),
    CONSTRAINT ck_locations_on_earth CHECK (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180),
    CONSTRAINT ck_locations_category_known CHECK (category IN ('office', 'warehouse', 'competitor', 'other'))
);
CREATE INDEX ix_locations_org_id_latitude_longitude ON locations (org_id, latitude, longitude);

CREATE TABLE territories (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    color TEXT NOT NULL,
    geometry JSONB NOT NULL,
    south DOUBLE PRECISION NOT NULL,
    north DOUBLE PRECISION NOT NULL,
    west DOUBLE PRECISION NOT NULL,
    east DOUBLE PRECISION NOT NULL,
    member_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_territories PRIMARY KEY (org_id, id),
    CONSTRAINT uq_territories_org_id_name UNIQUE (org_id, name)
);
CREATE INDEX ix_territories_org_id_member_id ON territories (org_id, member_id);
CREATE INDEX ix_territories_org_id_south_north ON territories (org_id, south, north);
COMMENT ON COLUMN territories.geometry IS 'crm_store.places.shapes.Shape.';
COMMENT ON COLUMN territories.south IS 'The box around it, for asking quickly.';
"""

DOWN = r"""
DROP TABLE territories;
DROP TABLE locations;
DROP TABLE geocodes;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
