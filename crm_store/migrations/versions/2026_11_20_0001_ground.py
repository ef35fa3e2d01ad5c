"""What row security asks of every transaction."""

from crm_store.migrating import run

revision = "0001_ground"
down_revision = None
branch_labels = None
depends_on = None

UP = r"""
-- What row security asks. Each is read once per statement: policies wrap it in (select …).
CREATE FUNCTION app_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.org_id', true), '')::uuid $$;

CREATE FUNCTION app_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.user_id', true), '')::uuid $$;

CREATE FUNCTION app_visitor() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.visitor_id', true), '')::uuid $$;

-- Whose name stands beside what the database writes down by itself.
CREATE FUNCTION app_actor() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.actor_id', true), '')::uuid $$;

-- After many rows at once. Until a table is analysed, its composite keys are checked through whichever
-- index begins with the organisation, which is quadratic in a loader's batch.
CREATE FUNCTION refresh_statistics(VARIADIC tables text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY tables LOOP
        IF EXISTS (SELECT 1 FROM pg_tables t WHERE t.schemaname = 'public' AND t.tablename = name) THEN
            EXECUTE format('ANALYZE public.%I', name);
        END IF;
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION refresh_statistics(text[]) TO almoner_staff;
"""

DOWN = r"""
DROP FUNCTION IF EXISTS refresh_statistics CASCADE;
DROP FUNCTION IF EXISTS app_actor CASCADE;
DROP FUNCTION IF EXISTS app_visitor CASCADE;
DROP FUNCTION IF EXISTS app_user CASCADE;
DROP FUNCTION IF EXISTS app_org CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
