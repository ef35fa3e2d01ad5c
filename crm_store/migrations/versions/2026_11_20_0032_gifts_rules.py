"""What the database itself does about gifts."""

from crm_store.migrating import run

revision = "0032_gifts_rules"
down_revision = "0031_donors_rules"
branch_labels = None
depends_on = None

UP = r"""
-- Totals of giving are kept by statement-level triggers that run as whoever writes. They count the
-- affected years again and never add to them: one statement may fire several triggers (an upsert does),
-- and counting twice is harmless. A gift counts while it is not deleted and something of it remains.

-- The fiscal year of a day, named by the year in which it ends; crm_store/gifts/fiscal.py says the same.
CREATE FUNCTION fiscal_year(day date, starts integer) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN extract(year FROM day)::integer + (starts > 1 AND extract(month FROM day) >= starts)::integer;

CREATE FUNCTION fiscal_year_starts() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT o.fiscal_year_starts FROM orgs o WHERE o.id = app_org();
END;

-- Loaders set app.bulk for their transaction and call rebuild_giving() at its end.
CREATE FUNCTION is_bulk() RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(current_setting('app.bulk', true), '') = 'on';

-- Writers share this lock; a rebuild takes it alone, so that it overlooks nobody.
CREATE FUNCTION giving_key() RETURNS bigint LANGUAGE sql STABLE
RETURN hashtextextended('giving of ' || app_org()::text, 0);

CREATE FUNCTION count_years_again(donors uuid[], currencies text[], years integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO giving_years (org_id, donor_id, fiscal_year, currency, gifts, total, largest,
                              first_on, first_amount, last_on, last_amount)
    SELECT app_org(), k.donor, k.year, k.currency, 0, 0, 0, '-infinity', 0, '-infinity', 0
    FROM unnest(donors, currencies, years) AS k (donor, currency, year)
    ORDER BY k.donor, k.year, k.currency
    ON CONFLICT DO NOTHING;

    PERFORM FROM giving_years y
    JOIN unnest(donors, currencies, years) AS k (donor, currency, year)
      ON y.donor_id = k.donor AND y.fiscal_year = k.year AND y.currency = k.currency
    WHERE y.org_id = (SELECT app_org())
    ORDER BY y.donor_id, y.fiscal_year, y.currency FOR NO KEY UPDATE OF y;

    UPDATE giving_years y
    SET gifts = f.gifts, total = f.total, largest = f.largest, first_on = f.first_on,
        first_amount = f.first_amount, last_on = f.last_on, last_amount = f.last_amount
    FROM unnest(donors, currencies, years) AS k (donor, currency, year)
    CROSS JOIN LATERAL (
        SELECT make_date(k.year - (s.starts > 1)::integer, s.starts, 1) AS first_day
        FROM (SELECT fiscal_year_starts() AS starts) s
    ) p
    CROSS JOIN LATERAL (
        SELECT count(*) AS gifts,
               coalesce(sum(g.amount - g.refunded), 0) AS total,
               coalesce(max(g.amount - g.refunded), 0) AS largest,
               coalesce(min(g.received_on), '-infinity') AS first_on,
               coalesce((array_agg(g.amount - g.refunded
                   ORDER BY g.received_on, g.amount - g.refunded DESC))[1], 0) AS first_amount,
               coalesce(max(g.received_on), '-infinity') AS last_on,
               coalesce((array_agg(g.amount - g.refunded
                   ORDER BY g.received_on DESC, g.amount - g.refunded DESC))[1], 0) AS last_amount
        FROM gifts g
        WHERE g.org_id = (SELECT app_org()) AND g.donor_id = k.donor AND g.currency = k.currency
          AND g.received_on >= p.first_day
          AND g.received_on < (p.first_day + interval '1 year')::date
          AND g.deleted_at IS NULL AND g.amount > g.refunded
    ) f
    WHERE y.org_id = (SELECT app_org()) AND y.donor_id = k.donor
      AND y.fiscal_year = k.year AND y.currency = k.currency;

    DELETE FROM giving_years y USING unnest(donors, currencies, years) AS k (donor, currency, year)
    WHERE y.org_id = (SELECT app_org()) AND y.donor_id = k.donor
      AND y.fiscal_year = k.year AND y.currency = k.currency AND y.gifts = 0;

    PERFORM count_lifetimes_again(donors, currencies);
END $$;

CREATE FUNCTION count_lifetimes_again(donors uuid[], currencies text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO donor_giving (org_id, donor_id, currency, gifts, total, largest,
                              first_on, first_amount, last_on, last_amount)
    SELECT DISTINCT app_org(), k.donor, k.currency, 0, 0, 0, '-infinity'::date, 0,
                    '-infinity'::date, 0
    FROM unnest(donors, currencies) AS k (donor, currency)
    ORDER BY 2, 3
    ON CONFLICT DO NOTHING;

    PERFORM FROM donor_giving d
    JOIN (SELECT DISTINCT donor, currency FROM unnest(donors, currencies) AS u (donor, currency)) k
      ON d.donor_id = k.donor AND d.currency = k.currency
    WHERE d.org_id = (SELECT app_org())
    ORDER BY d.donor_id, d.currency FOR NO KEY UPDATE OF d;

    UPDATE donor_giving d
    SET gifts = f.gifts, total = f.total, largest = f.largest, first_on = f.first_on,
        first_amount = f.first_amount, last_on = f.last_on, last_amount = f.last_amount
    FROM (SELECT DISTINCT donor, currency FROM unnest(donors, currencies) AS u (donor, currency)) k
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(y.gifts), 0) AS gifts,
               coalesce(sum(y.total), 0) AS total,
               coalesce(max(y.largest), 0) AS largest,
               coalesce(min(y.first_on), '-infinity') AS first_on,
               coalesce((array_agg(y.first_amount ORDER BY y.first_on))[1], 0) AS first_amount,
               coalesce(max(y.last_on), '-infinity') AS last_on,
               coalesce((array_agg(y.last_amount ORDER BY y.last_on DESC))[1], 0) AS last_amount
        FROM giving_years y
        WHERE y.org_id = (SELECT app_org()) AND y.donor_id = k.donor AND y.currency = k.currency
    ) f
    WHERE d.org_id = (SELECT app_org()) AND d.donor_id = k.donor AND d.currency = k.currency;

    DELETE FROM donor_giving d USING unnest(donors, currencies) AS k (donor, currency)
    WHERE d.org_id = (SELECT app_org()) AND d.donor_id = k.donor AND d.currency = k.currency
      AND d.gifts = 0;
END $$;

-- What a loader calls for the donors it touched.
CREATE FUNCTION recount_giving(donors uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    starts integer;
    keys record;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(giving_key());
    starts := fiscal_year_starts();
    SELECT array_agg(k.donor_id) AS donors, array_agg(k.currency) AS currencies,
           array_agg(k.year) AS years
    INTO keys
    FROM (SELECT g.donor_id, g.currency, fiscal_year(g.received_on, starts) AS year
          FROM gifts g WHERE g.org_id = (SELECT app_org()) AND g.donor_id = ANY (donors)
          UNION
          SELECT y.donor_id, y.currency, y.fiscal_year
          FROM giving_years y WHERE y.org_id = (SELECT app_org()) AND y.donor_id = ANY (donors)) k;
    IF keys.donors IS NOT NULL THEN
        PERFORM count_years_again(keys.donors, keys.currencies, keys.years);
    END IF;
END $$;

-- All totals of the organisation from the gifts themselves; answers how many giving years there are.
CREATE FUNCTION rebuild_giving() RETURNS bigint LANGUAGE plpgsql SET work_mem = '128MB' AS $$
DECLARE
    starts integer;
    counted bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(giving_key());
    starts := fiscal_year_starts();
    DELETE FROM giving_years WHERE org_id = (SELECT app_org());
    DELETE FROM donor_giving WHERE org_id = (SELECT app_org());

    INSERT INTO giving_years (org_id, donor_id, fiscal_year, currency, gifts, total, largest,
                              first_on, first_amount, last_on, last_amount)
    SELECT app_org(), g.donor_id, fiscal_year(g.received_on, starts), g.currency, count(*),
           sum(g.net), max(g.net),
           min(g.received_on), (array_agg(g.net ORDER BY g.received_on, g.net DESC))[1],
           max(g.received_on), (array_agg(g.net ORDER BY g.received_on DESC, g.net DESC))[1]
    FROM (SELECT donor_id, currency, received_on, amount - refunded AS net FROM gifts
          WHERE org_id = (SELECT app_org()) AND deleted_at IS NULL AND amount > refunded) g
    GROUP BY 2, 3, 4;
    GET DIAGNOSTICS counted = ROW_COUNT;

    INSERT INTO donor_giving (org_id, donor_id, currency, gifts, total, largest,
                              first_on, first_amount, last_on, last_amount)
    SELECT app_org(), y.donor_id, y.currency, sum(y.gifts), sum(y.total), max(y.largest),
           min(y.first_on), (array_agg(y.first_amount ORDER BY y.first_on))[1],
           max(y.last_on), (array_agg(y.last_amount ORDER BY y.last_on DESC))[1]
    FROM giving_years y WHERE y.org_id = (SELECT app_org())
    GROUP BY 2, 3;

    PERFORM settle_pledges((SELECT array_agg(id) FROM pledges WHERE org_id = (SELECT app_org())));
    RETURN counted;
END $$;

-- Payments fill the instalments of a pledge from the oldest on.
CREATE FUNCTION settle_pledges(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(cardinality(ids), 0) = 0 THEN
        RETURN;
    END IF;
    PERFORM FROM pledges WHERE org_id = (SELECT app_org()) AND id = ANY (ids)
    ORDER BY id FOR NO KEY UPDATE;

    WITH due AS (
        SELECT i.id, i.pledge_id, i.amount - i.written_off AS due, i.written_off,
               sum(i.amount - i.written_off) OVER (PARTITION BY i.pledge_id
                   ORDER BY i.due_on, i.number) AS due_so_far,
               received.total
        FROM instalments i
        JOIN pledges p ON p.org_id = i.org_id AND p.id = i.pledge_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(g.amount - g.refunded), 0) AS total
            FROM instalments part
            JOIN gifts g ON g.org_id = part.org_id AND g.instalment_id = part.id
            WHERE part.org_id = p.org_id AND part.pledge_id = p.id
              AND g.deleted_at IS NULL AND g.currency = p.currency
        ) received
        WHERE i.org_id = (SELECT app_org()) AND i.pledge_id = ANY (ids)
    ), filled AS (
        SELECT id, due, written_off,
               least(due, greatest(0, total - (due_so_far - due))) AS paid
        FROM due
    ), marked AS (
        SELECT id, paid, CASE WHEN paid < due THEN 'open'
                              WHEN written_off > 0 THEN 'written_off'
                              ELSE 'paid' END AS status
        FROM filled
    )
    UPDATE instalments i SET paid = m.paid, status = m.status FROM marked m
    WHERE i.org_id = (SELECT app_org()) AND i.id = m.id
      AND (i.paid, i.status) IS DISTINCT FROM (m.paid, m.status);

    UPDATE pledges p
    SET paid = f.paid, written_off = f.written_off,
        status = CASE WHEN f.paid >= p.amount THEN 'fulfilled'
                      WHEN f.paid < p.amount - f.written_off THEN 'active'
                      ELSE 'written_off' END
    FROM unnest(ids) AS k (id)
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT sum(g.amount - g.refunded)
                         FROM instalments part
                         JOIN gifts g ON g.org_id = part.org_id AND g.instalment_id = part.id
                         JOIN pledges own ON own.org_id = part.org_id AND own.id = part.pledge_id
                         WHERE part.org_id = (SELECT app_org()) AND part.pledge_id = k.id
                           AND g.deleted_at IS NULL AND g.currency = own.currency), 0) AS paid,
               coalesce((SELECT sum(part.written_off) FROM instalments part
                         WHERE part.org_id = (SELECT app_org()) AND part.pledge_id = k.id), 0)
                   AS written_off
    ) f
    WHERE p.org_id = (SELECT app_org()) AND p.id = k.id;
END $$;

CREATE FUNCTION gifts_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    starts integer;
    keys record;
BEGIN
    IF is_bulk() THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(giving_key());
    starts := fiscal_year_starts();
    SELECT array_agg(k.donor_id) AS donors, array_agg(k.currency) AS currencies,
           array_agg(k.year) AS years
    INTO keys
    FROM (SELECT DISTINCT donor_id, currency, fiscal_year(received_on, starts) AS year
          FROM added WHERE deleted_at IS NULL) k;
    IF keys.donors IS NOT NULL THEN
        PERFORM count_years_again(keys.donors, keys.currencies, keys.years);
    END IF;
    PERFORM settle_pledges((
        SELECT array_agg(DISTINCT i.pledge_id) FROM instalments i
        WHERE i.org_id = (SELECT app_org()) AND i.id IN (
            SELECT instalment_id FROM added WHERE instalment_id IS NOT NULL)));
    RETURN NULL;
END $$;

-- Set differences, not joins: a plan is cached per session and must suit one row and 50,000.
CREATE FUNCTION gifts_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    starts integer;
    keys record;
    paying uuid[];
BEGIN
    IF is_bulk() THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(giving_key());
    starts := fiscal_year_starts();

    SELECT array_agg(k.donor_id) AS donors, array_agg(k.currency) AS currencies,
           array_agg(k.year) AS years
    INTO keys
    FROM (
        SELECT DISTINCT c.donor_id, c.currency, fiscal_year(c.received_on, starts) AS year
        FROM (
            (SELECT id, donor_id, currency, received_on, amount, refunded
             FROM before WHERE deleted_at IS NULL
             EXCEPT
             SELECT id, donor_id, currency, received_on, amount, refunded
             FROM after WHERE deleted_at IS NULL)
            UNION ALL
            (SELECT id, donor_id, currency, received_on, amount, refunded
             FROM after WHERE deleted_at IS NULL
             EXCEPT
             SELECT id, donor_id, currency, received_on, amount, refunded
             FROM before WHERE deleted_at IS NULL)
        ) c
    ) k;
    IF keys.donors IS NOT NULL THEN
        PERFORM count_years_again(keys.donors, keys.currencies, keys.years);
    END IF;

    SELECT array_agg(DISTINCT c.instalment_id) INTO paying
    FROM (
        (SELECT id, instalment_id, currency, amount, refunded, deleted_at IS NULL
         FROM before WHERE instalment_id IS NOT NULL
         EXCEPT
         SELECT id, instalment_id, currency, amount, refunded, deleted_at IS NULL
         FROM after WHERE instalment_id IS NOT NULL)
        UNION ALL
        (SELECT id, instalment_id, currency, amount, refunded, deleted_at IS NULL
         FROM after WHERE instalment_id IS NOT NULL
         EXCEPT
         SELECT id, instalment_id, currency, amount, refunded, deleted_at IS NULL
         FROM before WHERE instalment_id IS NOT NULL)
    ) c;
    PERFORM settle_pledges((
        SELECT array_agg(DISTINCT i.pledge_id) FROM instalments i
        WHERE i.org_id = (SELECT app_org()) AND i.id = ANY (paying)));
    RETURN NULL;
END $$;

CREATE FUNCTION gifts_removed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    starts integer;
    keys record;
BEGIN
    IF is_bulk() THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(giving_key());
    starts := fiscal_year_starts();
    SELECT array_agg(k.donor_id) AS donors, array_agg(k.currency) AS currencies,
           array_agg(k.year) AS years
    INTO keys
    FROM (SELECT DISTINCT donor_id, currency, fiscal_year(received_on, starts) AS year
          FROM removed WHERE deleted_at IS NULL) k;
    IF keys.donors IS NOT NULL THEN
        PERFORM count_years_again(keys.donors, keys.currencies, keys.years);
    END IF;
    PERFORM settle_pledges((
        SELECT array_agg(DISTINCT i.pledge_id) FROM instalments i
        WHERE i.org_id = (SELECT app_org()) AND i.id IN (
            SELECT instalment_id FROM removed WHERE instalment_id IS NOT NULL)));
    RETURN NULL;
END $$;

CREATE TRIGGER gifts_added AFTER INSERT ON gifts REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION gifts_added();
CREATE TRIGGER gifts_changed AFTER UPDATE ON gifts
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION gifts_changed();
CREATE TRIGGER gifts_removed AFTER DELETE ON gifts REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION gifts_removed();

-- A gift says how much of it was returned; locked first, so that two refunds see each other, and without
-- the key, which a refund being written holds already.
CREATE FUNCTION sum_refunds(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM gifts WHERE org_id = (SELECT app_org()) AND id = ANY (ids)
    ORDER BY id FOR NO KEY UPDATE;
    UPDATE gifts g SET refunded = f.refunded
    FROM unnest(ids) AS k (id)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(r.amount), 0) AS refunded FROM refunds r
        WHERE r.org_id = (SELECT app_org()) AND r.gift_id = k.id AND r.deleted_at IS NULL
    ) f
    WHERE g.org_id = (SELECT app_org()) AND g.id = k.id AND g.refunded <> f.refunded;
END $$;

CREATE FUNCTION refunds_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sum_refunds((SELECT array_agg(DISTINCT gift_id) FROM added));
    RETURN NULL;
END $$;

CREATE FUNCTION refunds_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sum_refunds((SELECT array_agg(gift_id) FROM (
        SELECT gift_id FROM before UNION SELECT gift_id FROM after) c));
    RETURN NULL;
END $$;

CREATE FUNCTION refunds_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sum_refunds((SELECT array_agg(DISTINCT gift_id) FROM removed));
    RETURN NULL;
END $$;

CREATE TRIGGER refunds_added AFTER INSERT ON refunds REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refunds_added();
CREATE TRIGGER refunds_changed AFTER UPDATE ON refunds
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION refunds_changed();
CREATE TRIGGER refunds_removed AFTER DELETE ON refunds REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION refunds_removed();

CREATE FUNCTION instalments_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_bulk() THEN
        PERFORM settle_pledges((SELECT array_agg(DISTINCT pledge_id) FROM (
            (SELECT id, pledge_id, number, due_on, amount, written_off FROM after
             EXCEPT SELECT id, pledge_id, number, due_on, amount, written_off FROM before)
            UNION ALL
            (SELECT id, pledge_id, number, due_on, amount, written_off FROM before
             EXCEPT SELECT id, pledge_id, number, due_on, amount, written_off FROM after)) c));
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION instalments_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_bulk() THEN
        PERFORM settle_pledges((SELECT array_agg(DISTINCT pledge_id) FROM added));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER instalments_added AFTER INSERT ON instalments REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION instalments_added();
CREATE TRIGGER instalments_changed AFTER UPDATE ON instalments
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION instalments_changed();

CREATE FUNCTION fiscal_year_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rebuild_giving();
    RETURN NULL;
END $$;

CREATE TRIGGER orgs_fiscal_year_moved AFTER UPDATE OF fiscal_year_starts ON orgs
    FOR EACH ROW WHEN (OLD.fiscal_year_starts IS DISTINCT FROM NEW.fiscal_year_starts)
    EXECUTE FUNCTION fiscal_year_moved();

-- What a receipt printed stands. It may follow its donor in a merge, be copied, sent and made void.
CREATE FUNCTION receipt_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND
       (OLD.org_id, OLD.id, OLD.kind, OLD.year, OLD.serial, OLD.number, OLD.issued_on,
        OLD.covers_from, OLD.covers_to,
        OLD.language, OLD.issuer, OLD.names, OLD.address, OLD.totals, OLD.deductible_totals,
        OLD.text, OLD.replaces_id)
       IS NOT DISTINCT FROM
       (NEW.org_id, NEW.id, NEW.kind, NEW.year, NEW.serial, NEW.number, NEW.issued_on,
        NEW.covers_from, NEW.covers_to,
        NEW.language, NEW.issuer, NEW.names, NEW.address, NEW.totals, NEW.deductible_totals,
        NEW.text, NEW.replaces_id)
       AND NEW.copies >= OLD.copies
       AND (OLD.voided_at IS NULL
            OR (OLD.voided_at, OLD.void_reason) = (NEW.voided_at, NEW.void_reason))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a receipt stands as it was issued' USING ERRCODE = '42501';
END $$;

CREATE FUNCTION receipt_gift_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND
       (OLD.org_id, OLD.id, OLD.receipt_id, OLD.gift_id, OLD.line, OLD.received_on, OLD.amount,
        OLD.deductible_amount, OLD.currency, OLD.method, OLD.purpose)
       IS NOT DISTINCT FROM
       (NEW.org_id, NEW.id, NEW.receipt_id, NEW.gift_id, NEW.line, NEW.received_on, NEW.amount,
        NEW.deductible_amount, NEW.currency, NEW.method, NEW.purpose)
       AND NEW.is_void >= OLD.is_void
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a receipt stands as it was issued' USING ERRCODE = '42501';
END $$;

CREATE FUNCTION receipt_number_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.year = OLD.year AND NEW.last >= OLD.last THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'receipt numbers only go up' USING ERRCODE = '42501';
END $$;

CREATE TRIGGER receipt_stands BEFORE UPDATE OR DELETE ON receipts
    FOR EACH ROW EXECUTE FUNCTION receipt_stands();
CREATE TRIGGER receipt_gift_stands BEFORE UPDATE OR DELETE ON receipt_gifts
    FOR EACH ROW EXECUTE FUNCTION receipt_gift_stands();
CREATE TRIGGER receipt_number_stands BEFORE UPDATE OR DELETE ON receipt_numbers
    FOR EACH ROW EXECUTE FUNCTION receipt_number_stands();

GRANT EXECUTE ON FUNCTION fiscal_year(date, integer), fiscal_year_starts()
    TO almoner_staff, almoner_reader;
GRANT EXECUTE ON FUNCTION is_bulk(), giving_key(), count_years_again(uuid[], text[], integer[]),
    count_lifetimes_again(uuid[], text[]), recount_giving(uuid[]), rebuild_giving(),
    settle_pledges(uuid[]), sum_refunds(uuid[]) TO almoner_staff;
"""

DOWN = r"""
DROP FUNCTION IF EXISTS receipt_number_stands CASCADE;
DROP FUNCTION IF EXISTS receipt_gift_stands CASCADE;
DROP FUNCTION IF EXISTS receipt_stands CASCADE;
DROP FUNCTION IF EXISTS fiscal_year_moved CASCADE;
DROP FUNCTION IF EXISTS instalments_added CASCADE;
DROP FUNCTION IF EXISTS instalments_changed CASCADE;
DROP FUNCTION IF EXISTS refunds_removed CASCADE;
DROP FUNCTION IF EXISTS refunds_changed CASCADE;
DROP FUNCTION IF EXISTS refunds_added CASCADE;
DROP FUNCTION IF EXISTS sum_refunds CASCADE;
DROP FUNCTION IF EXISTS gifts_removed CASCADE;
DROP FUNCTION IF EXISTS gifts_changed CASCADE;
DROP FUNCTION IF EXISTS gifts_added CASCADE;
DROP FUNCTION IF EXISTS settle_pledges CASCADE;
DROP FUNCTION IF EXISTS rebuild_giving CASCADE;
DROP FUNCTION IF EXISTS recount_giving CASCADE;
DROP FUNCTION IF EXISTS count_lifetimes_again CASCADE;
DROP FUNCTION IF EXISTS count_years_again CASCADE;
DROP FUNCTION IF EXISTS giving_key CASCADE;
DROP FUNCTION IF EXISTS is_bulk CASCADE;
DROP FUNCTION IF EXISTS fiscal_year_starts CASCADE;
DROP FUNCTION IF EXISTS fiscal_year CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
