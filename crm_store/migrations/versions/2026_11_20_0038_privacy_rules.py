"""What the database itself does about privacy."""

from crm_store.migrating import run

revision = "0038_privacy_rules"
down_revision = "0037_outreach_rules"
branch_labels = None
depends_on = None

UP = r"""
-- What happened to tickets and deals is written by the database alone, so it alone can take the
-- words out again. Which status followed which stays; subjects, reasons and names go.
CREATE FUNCTION privacy_empty_histories(tickets_of uuid[], deals_of uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE ticket_activities SET before = NULL, after = NULL
    WHERE org_id = app_org() AND ticket_id = ANY (tickets_of)
      AND kind NOT IN ('created', 'assigned', 'status_changed', 'reopened', 'priority_changed');
    UPDATE stage_moves SET reason = NULL
    WHERE org_id = app_org() AND deal_id = ANY (deals_of) AND reason IS NOT NULL;
$$;

-- Words that no entry of the organisation is filed under any more are not suggested any more.
CREATE FUNCTION privacy_unlearn(words text[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM search_keys k
    WHERE k.org_id = (SELECT app_org()) AND k.term = ANY (words) AND NOT EXISTS (
        SELECT 1 FROM search_terms t WHERE t.org_id = (SELECT app_org()) AND t.term = k.term)
$$;

GRANT EXECUTE ON FUNCTION privacy_empty_histories(uuid[], uuid[]), privacy_unlearn(text[])
    TO almoner_staff;
"""

DOWN = r"""
DROP FUNCTION IF EXISTS privacy_unlearn CASCADE;
DROP FUNCTION IF EXISTS privacy_empty_histories CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
