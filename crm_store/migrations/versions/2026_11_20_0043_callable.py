"""Nothing of ours is callable unless it was granted."""

from crm_store.migrating import run

revision = "0043_callable"
down_revision = "0042_workflows_rules"
branch_labels = None
depends_on = None

UP = r"""
DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT p.oid::regprocedure FROM pg_proc p
             WHERE p.pronamespace = 'public'::regnamespace
               AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
    LOOP EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f); END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION app_org(), app_user(), app_visitor(), app_actor() TO almoner_staff, almoner_visitor, almoner_reader;
GRANT USAGE ON SCHEMA public TO almoner_staff, almoner_visitor, almoner_reader;
"""

DOWN = r"""
REVOKE EXECUTE ON FUNCTION app_org(), app_user(), app_visitor()
    FROM almoner_staff, almoner_visitor, almoner_reader;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
