"""What the database itself does about imports."""

from crm_store.migrating import run

revision = "0033_imports_rules"
down_revision = "0032_gifts_rules"
branch_labels = None
depends_on = None

UP = r"""
-- What loading many rows needs of the database.

-- The totals of a batch, counted in one sweep: exact whatever the planner knows yet of tables that
-- have just been filled. Only the years the batch touched are counted again. Taken alone, like a
-- rebuild, so that nobody counts beside it.
CREATE FUNCTION recount_loaded(donors uuid[], currencies text[], days date[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    starts integer;
BEGIN
    PERFORM pg_advisory_xact_lock(giving_key());
    starts := fiscal_year_starts();
    WITH wanted AS (
        SELECT DISTINCT k.donor, k.currency, fiscal_year(k.day, starts) AS year
        FROM unnest(donors, currencies, days) AS k (donor, currency, day)
    ), given AS (
        SELECT g.donor_id, g.currency, fiscal_year(g.received_on, starts) AS year, g.received_on,
               g.amount - g.refunded AS net
        FROM gifts g
        WHERE g.org_id = (SELECT app_org()) AND g.donor_id = ANY (donors)
          AND g.deleted_at IS NULL AND g.amount > g.refunded
    ), counted AS (
        SELECT w.donor, w.year, w.currency, count(g.net) AS gifts, sum(g.net) AS total,
               max(g.net) AS largest, min(g.received_on) AS first_on,
               (array_agg(g.net ORDER BY g.received_on, g.net DESC))[1] AS first_amount,
               max(g.received_on) AS last_on,
               (array_agg(g.net ORDER BY g.received_on DESC, g.net DESC))[1] AS last_amount
        FROM wanted w LEFT JOIN given g
          ON g.donor_id = w.donor AND g.currency = w.currency AND g.year = w.year
        GROUP BY 1, 2, 3
    ), emptied AS (
        DELETE FROM giving_years y USING counted c
        WHERE c.gifts = 0 AND y.org_id = (SELECT app_org()) AND y.donor_id = c.donor
          AND y.fiscal_year = c.year AND y.currency = c.currency
    )
    INSERT INTO giving_years (org_id, donor_id, fiscal_year, currency, gifts, total, largest,
                              first_on, first_amount, last_on, last_amount)
    SELECT app_org(), c.* FROM counted c WHERE c.gifts > 0
    ON CONFLICT (org_id, donor_id, fiscal_year, currency) DO UPDATE
    SET gifts = excluded.gifts, total = excluded.total, largest = excluded.largest,
        first_on = excluded.first_on, first_amount = excluded.first_amount,
        last_on = excluded.last_on, last_amount = excluded.last_amount;

    INSERT INTO donor_giving (org_id, donor_id, currency, gifts, total, largest,
                              first_on, first_amount, last_on, last_amount)
    SELECT app_org(), y.donor_id, y.currency, sum(y.gifts), sum(y.total), max(y.largest),
           min(y.first_on), (array_agg(y.first_amount ORDER BY y.first_on))[1],
           max(y.last_on), (array_agg(y.last_amount ORDER BY y.last_on DESC))[1]
    FROM giving_years y WHERE y.org_id = (SELECT app_org()) AND y.donor_id = ANY (donors)
    GROUP BY 2, 3
    ON CONFLICT (org_id, donor_id, currency) DO UPDATE
    SET gifts = excluded.gifts, total = excluded.total, largest = excluded.largest,
        first_on = excluded.first_on, first_amount = excluded.first_amount,
        last_on = excluded.last_on, last_amount = excluded.last_amount;

    DELETE FROM donor_giving d WHERE d.org_id = (SELECT app_org()) AND d.donor_id = ANY (donors)
      AND NOT EXISTS (SELECT FROM giving_years y WHERE y.org_id = d.org_id
                      AND y.donor_id = d.donor_id AND y.currency = d.currency);
END $$;

-- Batches of one organisation's imports take turns.
CREATE FUNCTION import_key() RETURNS bigint LANGUAGE sql STABLE
RETURN hashtextextended('import of ' || app_org()::text, 0);

GRANT EXECUTE ON FUNCTION recount_loaded(uuid[], text[], date[]), import_key()
    TO almoner_staff;
"""

DOWN = r"""
DROP FUNCTION IF EXISTS import_key CASCADE;
DROP FUNCTION IF EXISTS recount_loaded CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
