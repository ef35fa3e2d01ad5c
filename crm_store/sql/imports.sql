-- What loading many rows needs of the database.

-- The totals of the donors of a batch, counted in one sweep: exact whatever the planner knows yet of
-- tables that have just been filled. Taken alone, like a rebuild, so that nobody counts beside it.
CREATE FUNCTION recount_loaded(donors uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    starts integer;
BEGIN
    PERFORM pg_advisory_xact_lock(giving_key());
    starts := fiscal_year_starts();
    DELETE FROM giving_years WHERE org_id = (SELECT app_org()) AND donor_id = ANY (donors);
    DELETE FROM donor_giving WHERE org_id = (SELECT app_org()) AND donor_id = ANY (donors);

    INSERT INTO giving_years (org_id, donor_id, fiscal_year, currency, gifts, total, largest,
                              first_on, first_amount, last_on, last_amount)
    SELECT app_org(), g.donor_id, fiscal_year(g.received_on, starts), g.currency, count(*),
           sum(g.net), max(g.net),
           min(g.received_on), (array_agg(g.net ORDER BY g.received_on, g.net DESC))[1],
           max(g.received_on), (array_agg(g.net ORDER BY g.received_on DESC, g.net DESC))[1]
    FROM (SELECT donor_id, currency, received_on, amount - refunded AS net FROM gifts
          WHERE org_id = (SELECT app_org()) AND donor_id = ANY (donors)
            AND deleted_at IS NULL AND amount > refunded) g
    GROUP BY 2, 3, 4;

    INSERT INTO donor_giving (org_id, donor_id, currency, gifts, total, largest,
                              first_on, first_amount, last_on, last_amount)
    SELECT app_org(), y.donor_id, y.currency, sum(y.gifts), sum(y.total), max(y.largest),
           min(y.first_on), (array_agg(y.first_amount ORDER BY y.first_on))[1],
           max(y.last_on), (array_agg(y.last_amount ORDER BY y.last_on DESC))[1]
    FROM giving_years y WHERE y.org_id = (SELECT app_org()) AND y.donor_id = ANY (donors)
    GROUP BY 2, 3;
END $$;

-- Fresh statistics for the tables a load has grown: the owner's to gather, and nothing but numbers
-- for the planner comes of it. Without them the first large import of an installation crawls.
CREATE FUNCTION measure_loaded_tables() RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE addresses, companies, donor_giving, donor_people, donors, external_ids, gifts,
            giving_years, identifiers, import_rows, people, search_entries, search_keys,
            search_terms;
END $$;

-- Batches of one organisation's imports take turns.
CREATE FUNCTION import_key() RETURNS bigint LANGUAGE sql STABLE
RETURN hashtextextended('import of ' || app_org()::text, 0);

GRANT EXECUTE ON FUNCTION recount_loaded(uuid[]), measure_loaded_tables(), import_key()
    TO almoner_staff;
