"""What the database itself does about donors."""

from crm_store.migrating import run

revision = "0031_donors_rules"
down_revision = "0030_deals_rules"
branch_labels = None
depends_on = None

UP = r"""
-- A donor's city follows the address its post goes to, so that lists by city need one index.
CREATE FUNCTION donor_city() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.city_key := coalesce((SELECT a.city_key FROM addresses a
                              WHERE a.org_id = NEW.org_id AND a.id = NEW.address_id), '');
    RETURN NEW;
END $$;

CREATE TRIGGER donor_city BEFORE INSERT OR UPDATE OF address_id ON donors
    FOR EACH ROW EXECUTE FUNCTION donor_city();

CREATE FUNCTION address_city() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE donors SET city_key = NEW.city_key
    WHERE org_id = NEW.org_id AND address_id = NEW.id AND city_key <> NEW.city_key;
    RETURN NULL;
END $$;

CREATE TRIGGER address_city AFTER UPDATE OF city_key ON addresses
    FOR EACH ROW WHEN (OLD.city_key <> NEW.city_key) EXECUTE FUNCTION address_city();
"""

DOWN = r"""
DROP FUNCTION IF EXISTS address_city CASCADE;
DROP FUNCTION IF EXISTS donor_city CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
