"""What the database itself does about leads."""

from crm_store.migrating import run

revision = "0035_leads_rules"
down_revision = "0034_knowledge_rules"
branch_labels = None
depends_on = None

UP = r"""
-- A visitor leaves a lead as anybody would find it: new, nobody's, unscored, of their own talk.
CREATE POLICY visitor_leaves ON leads AS RESTRICTIVE FOR INSERT TO almoner_visitor WITH CHECK (
    status = 'new' AND score = 0 AND scored_at IS NULL AND owner_id IS NULL
    AND stage_id IS NULL AND project_id IS NULL AND deleted_at IS NULL
    AND (conversation_id IS NULL OR EXISTS (
        SELECT 1 FROM conversations c WHERE c.org_id = leads.org_id AND c.id = conversation_id))
);
CREATE POLICY visitor_leaves ON prospects AS RESTRICTIVE FOR INSERT TO almoner_visitor WITH CHECK (
    lead_id IS NULL
    AND (conversation_id IS NULL OR EXISTS (
        SELECT 1 FROM conversations c WHERE c.org_id = prospects.org_id AND c.id = conversation_id))
);

-- A score stands for what the lead was when it was scored; whatever changes that asks for another.
CREATE FUNCTION lead_outgrows_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.scored_at IS NOT DISTINCT FROM OLD.scored_at
       AND (NEW.given_name, NEW.family_name, NEW.email, NEW.phone, NEW.company_name, NEW.job_title,
            NEW.source, NEW.source_detail, NEW.status, NEW.expected_value, NEW.notes)
           IS DISTINCT FROM
           (OLD.given_name, OLD.family_name, OLD.email, OLD.phone, OLD.company_name, OLD.job_title,
            OLD.source, OLD.source_detail, OLD.status, OLD.expected_value, OLD.notes)
    THEN
        NEW.scored_at := NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER lead_outgrows_score BEFORE UPDATE ON leads
    FOR EACH ROW EXECUTE FUNCTION lead_outgrows_score();

CREATE FUNCTION lead_evidence_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE leads SET scored_at = NULL
    WHERE org_id = app_org() AND scored_at IS NOT NULL
      AND id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.lead_id END,
                 CASE WHEN TG_OP <> 'DELETE' THEN NEW.lead_id END);
    RETURN NULL;
END $$;

DO $$
DECLARE
    evidence text;
BEGIN
    FOREACH evidence IN ARRAY ARRAY['taggings', 'activities', 'prospects'] LOOP
        EXECUTE format($trigger$
            CREATE TRIGGER lead_evidence_came AFTER INSERT ON %1$I FOR EACH ROW
                WHEN (NEW.lead_id IS NOT NULL) EXECUTE FUNCTION lead_evidence_changed();
            CREATE TRIGGER lead_evidence_changed AFTER UPDATE ON %1$I FOR EACH ROW
                WHEN (num_nonnulls(OLD.lead_id, NEW.lead_id) > 0)
                EXECUTE FUNCTION lead_evidence_changed();
            CREATE TRIGGER lead_evidence_went AFTER DELETE ON %1$I FOR EACH ROW
                WHEN (OLD.lead_id IS NOT NULL) EXECUTE FUNCTION lead_evidence_changed();
        $trigger$, evidence);
    END LOOP;
END $$;
"""

DOWN = r"""
DROP POLICY visitor_leaves ON leads;
DROP POLICY visitor_leaves ON prospects;
DROP FUNCTION IF EXISTS lead_evidence_changed CASCADE;
DROP FUNCTION IF EXISTS lead_outgrows_score CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
