"""What the database itself does about assistants."""

from crm_store.migrating import run

revision = "0027_assistants_rules"
down_revision = "0026_identity_rules"
branch_labels = None
depends_on = None

UP = r"""
-- What was proposed does not change under the hands of those who decide: an edit is another row.
-- Only forgetting may empty the arguments and the diff of what is over; their hash stays.
CREATE FUNCTION proposals_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    forgotten boolean := NEW.arguments = '{}' AND NEW.diff = ''
        AND OLD.status NOT IN ('pending', 'approved');
BEGIN
    IF (NEW.number, NEW.revision, NEW.tool, NEW.arguments_hash, NEW.effect, NEW.scope, NEW.quorum,
        NEW.needs_another, NEW.expires_at)
       IS DISTINCT FROM
       (OLD.number, OLD.revision, OLD.tool, OLD.arguments_hash, OLD.effect, OLD.scope, OLD.quorum,
        OLD.needs_another, OLD.expires_at)
       OR ((NEW.arguments, NEW.diff) IS DISTINCT FROM (OLD.arguments, OLD.diff) AND NOT forgotten)
       OR (NEW.asked_by IS DISTINCT FROM OLD.asked_by AND NEW.asked_by IS NOT NULL) THEN
        RAISE EXCEPTION 'a proposal does not change; edit it as another revision'
            USING ERRCODE = '23514';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('pending', 'approved'), ('pending', 'rejected'), ('pending', 'expired'),
        ('pending', 'superseded'), ('approved', 'executed'), ('approved', 'expired'),
        ('executed', 'undone')) THEN
        RAISE EXCEPTION 'a proposal that is % cannot be %', OLD.status, NEW.status
            USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER proposals_keep BEFORE UPDATE ON proposals
    FOR EACH ROW EXECUTE FUNCTION proposals_keep();

-- A proposal begins undecided, and is approved by as many as it asks for, all of the same words.
CREATE FUNCTION proposals_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.status <> 'pending' THEN
        RAISE EXCEPTION 'a proposal begins undecided' USING ERRCODE = '23514';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.status = 'approved' AND OLD.status = 'pending' AND (
        SELECT count(*) FROM decisions d
        WHERE d.org_id = NEW.org_id AND d.proposal_id = NEW.id AND d.verdict = 'approve'
          AND d.arguments_hash = NEW.arguments_hash) < NEW.quorum THEN
        RAISE EXCEPTION 'a proposal is approved by decisions' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER proposals_begin BEFORE INSERT OR UPDATE OF status ON proposals
    FOR EACH ROW EXECUTE FUNCTION proposals_begin();

CREATE FUNCTION stays_on_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% stay on record', TG_TABLE_NAME USING ERRCODE = '23514';
END $$;

CREATE TRIGGER proposals_stay BEFORE DELETE ON proposals
    FOR EACH ROW EXECUTE FUNCTION stays_on_record();

-- Only forgetting may take the comment out of a decision; what was decided stays.
CREATE FUNCTION decisions_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.comment IS NULL
       AND to_jsonb(NEW) - '{comment,updated_at,updated_by}'::text[]
         = to_jsonb(OLD) - '{comment,updated_at,updated_by}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% stay on record', TG_TABLE_NAME USING ERRCODE = '23514';
END $$;

CREATE TRIGGER decisions_stay BEFORE UPDATE OR DELETE ON decisions
    FOR EACH ROW EXECUTE FUNCTION decisions_keep();

-- A recorded answer is what every replay is given, so it is recorded once.
CREATE FUNCTION tool_calls_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.run_id, NEW.tool_call_id, NEW.tool, NEW.arguments_hash)
       IS DISTINCT FROM (OLD.run_id, OLD.tool_call_id, OLD.tool, OLD.arguments_hash)
       OR (OLD.status <> 'started'
           AND (NEW.status, NEW.answer) IS DISTINCT FROM (OLD.status, OLD.answer)) THEN
        RAISE EXCEPTION 'a recorded call does not change' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER tool_calls_keep BEFORE UPDATE ON tool_calls
    FOR EACH ROW EXECUTE FUNCTION tool_calls_keep();

-- A visitor's turns are about their own talk, and what is written down of a turn belongs to one of
-- theirs: a replay gives the recorded answer to whoever's turn it is.
CREATE POLICY visitor_turns ON runs AS RESTRICTIVE TO almoner_visitor USING (true) WITH CHECK (
    member_id IS NULL AND (conversation_id IS NULL OR EXISTS (
        SELECT 1 FROM conversations c WHERE c.org_id = runs.org_id AND c.id = conversation_id))
);
CREATE POLICY visitor_turns ON tool_calls AS RESTRICTIVE TO almoner_visitor USING (true) WITH CHECK (
    EXISTS (SELECT 1 FROM runs r WHERE r.org_id = tool_calls.org_id AND r.id = run_id)
);
CREATE POLICY visitor_turns ON feedback AS RESTRICTIVE TO almoner_visitor USING (true) WITH CHECK (
    EXISTS (SELECT 1 FROM runs r WHERE r.org_id = feedback.org_id AND r.id = run_id)
    AND (message_id IS NULL OR EXISTS (
        SELECT 1 FROM messages m WHERE m.org_id = feedback.org_id AND m.id = message_id))
);
"""

DOWN = r"""
DROP POLICY visitor_turns ON runs;
DROP POLICY visitor_turns ON tool_calls;
DROP POLICY visitor_turns ON feedback;
DROP FUNCTION IF EXISTS tool_calls_keep CASCADE;
DROP FUNCTION IF EXISTS decisions_keep CASCADE;
DROP FUNCTION IF EXISTS stays_on_record CASCADE;
DROP FUNCTION IF EXISTS proposals_begin CASCADE;
DROP FUNCTION IF EXISTS proposals_keep CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
