"""What the database itself does about deals."""

from crm_store.migrating import run

revision = "0030_deals_rules"
down_revision = "0029_conversations_rules"
branch_labels = None
depends_on = None

UP = r"""
-- Every step of a deal is written down here, whoever made it and whatever they made it with.
CREATE FUNCTION deal_enters_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.stage_id <> OLD.stage_id AND NEW.stage_since = OLD.stage_since THEN
        NEW.stage_since := now();
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER deal_enters_stage BEFORE UPDATE OF stage_id ON deals
    FOR EACH ROW EXECUTE FUNCTION deal_enters_stage();

CREATE FUNCTION deal_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    move stage_moves%ROWTYPE;
BEGIN
    move.org_id := NEW.org_id;
    move.id := gen_random_uuid();
    move.deal_id := NEW.id;
    move.to_stage_id := NEW.stage_id;
    move.status := NEW.status;
    move.reason := NEW.close_reason;
    move.moved_at := NEW.stage_since;
    move.moved_by_id := app_actor();
    move.created_by := app_actor();
    move.updated_by := app_actor();
    move.created_at := now();
    move.updated_at := now();
    IF TG_OP = 'UPDATE' THEN
        move.from_stage_id := OLD.stage_id;
        IF NEW.stage_id = OLD.stage_id THEN
            move.moved_at := coalesce(NEW.closed_at, now());
        ELSE
            move.seconds_in_stage :=
                greatest(0, extract(epoch FROM NEW.stage_since - OLD.stage_since));
        END IF;
    END IF;
    INSERT INTO stage_moves SELECT move.*;
    RETURN NULL;
END $$;

CREATE TRIGGER deal_placed AFTER INSERT ON deals
    FOR EACH ROW EXECUTE FUNCTION deal_moved();
CREATE TRIGGER deal_moved AFTER UPDATE OF stage_id, status ON deals
    FOR EACH ROW WHEN ((OLD.stage_id, OLD.status) IS DISTINCT FROM (NEW.stage_id, NEW.status))
    EXECUTE FUNCTION deal_moved();
"""

DOWN = r"""
DROP FUNCTION IF EXISTS deal_moved CASCADE;
DROP FUNCTION IF EXISTS deal_enters_stage CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
