"""What the database itself does about tickets."""

from crm_store.migrating import run

revision = "0041_tickets_rules"
down_revision = "0040_search_rules"
branch_labels = None
depends_on = None

UP = r"""
-- Numbers without a race: the counter's row stays locked until the ticket is committed.
CREATE FUNCTION ticket_takes_number() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.number IS NULL OR app_visitor() IS NOT NULL THEN
        INSERT INTO ticket_counters AS counter (org_id, last_number) VALUES (NEW.org_id, 1)
            ON CONFLICT (org_id) DO UPDATE SET last_number = counter.last_number + 1
            RETURNING last_number INTO NEW.number;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ticket_takes_number BEFORE INSERT ON tickets
    FOR EACH ROW EXECUTE FUNCTION ticket_takes_number();

-- Tickets that bring their numbers along push the counter past the highest of them.
CREATE FUNCTION ticket_numbers_brought() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ticket_counters AS counter (org_id, last_number)
        SELECT org_id, max(number) FROM arrived GROUP BY org_id
        ON CONFLICT (org_id) DO UPDATE SET last_number = EXCLUDED.last_number
        WHERE counter.last_number < EXCLUDED.last_number;
    RETURN NULL;
END $$;

CREATE TRIGGER ticket_numbers_brought AFTER INSERT ON tickets REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION ticket_numbers_brought();

CREATE FUNCTION ticket_number_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a ticket keeps its number' USING ERRCODE = '42501';
END $$;

CREATE TRIGGER ticket_number_stands BEFORE UPDATE OF number ON tickets
    FOR EACH ROW WHEN (OLD.number <> NEW.number) EXECUTE FUNCTION ticket_number_stands();

-- A visitor opens a ticket as anybody would find it, in a conversation of their own.
CREATE POLICY visitor_opens ON tickets AS RESTRICTIVE FOR INSERT TO almoner_visitor WITH CHECK (
    status = 'open' AND priority = 'normal' AND owner_id IS NULL AND clock_started_at IS NULL
    AND merged_into_id IS NULL AND escalated_at IS NULL AND sla_policy_id IS NULL
    AND macro_id IS NULL AND person_id IS NULL AND company_id IS NULL AND deleted_at IS NULL
    AND (conversation_id IS NULL OR EXISTS (
        SELECT 1 FROM conversations c WHERE c.org_id = tickets.org_id AND c.id = conversation_id))
);

-- What happens to a ticket is written down here: nobody else can, and nobody can help it.
CREATE FUNCTION ticket_log(org uuid, ticket uuid, what text, was text, is_now text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO ticket_activities (org_id, id, ticket_id, kind, before, after, actor_id, at,
                                   created_by, updated_by)
    VALUES (org, gen_random_uuid(), ticket, what, was, is_now, app_actor(), clock_timestamp(),
            app_actor(), app_actor())
$$;

CREATE FUNCTION ticket_opened() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM ticket_log(NEW.org_id, NEW.id, 'created', NULL, NEW.channel);
    IF NEW.owner_id IS NOT NULL THEN
        PERFORM ticket_log(NEW.org_id, NEW.id, 'assigned', NULL, NEW.owner_id::text);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ticket_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id AND OLD.merged_into_id IS NULL THEN
        PERFORM ticket_log(NEW.org_id, NEW.id, 'merged', NULL, t.number::text),
                ticket_log(NEW.org_id, t.id, 'merged', NEW.number::text, NULL)
        FROM tickets t WHERE t.org_id = NEW.org_id AND t.id = NEW.merged_into_id;
    END IF;
    IF NEW.status <> OLD.status THEN
        PERFORM ticket_log(NEW.org_id, NEW.id,
            CASE WHEN NEW.reopened_count > OLD.reopened_count THEN 'reopened'
                 ELSE 'status_changed' END, OLD.status, NEW.status);
    END IF;
    IF NEW.priority <> OLD.priority THEN
        PERFORM ticket_log(NEW.org_id, NEW.id, 'priority_changed', OLD.priority, NEW.priority);
    END IF;
    IF NEW.owner_id IS DISTINCT FROM OLD.owner_id THEN
        PERFORM ticket_log(NEW.org_id, NEW.id, 'assigned', OLD.owner_id::text, NEW.owner_id::text);
    END IF;
    IF NEW.person_id IS DISTINCT FROM OLD.person_id THEN
        PERFORM ticket_log(NEW.org_id, NEW.id, 'requester_changed',
            OLD.person_id::text, NEW.person_id::text);
    END IF;
    IF NEW.subject <> OLD.subject THEN
        PERFORM ticket_log(NEW.org_id, NEW.id, 'subject_changed', OLD.subject, NEW.subject);
    END IF;
    IF OLD.first_responded_at IS NULL AND NEW.first_responded_at IS NOT NULL THEN
        PERFORM ticket_log(NEW.org_id, NEW.id, 'responded', NULL, NULL);
    END IF;
    IF NEW.escalated_at IS NOT NULL AND NEW.escalated_at IS DISTINCT FROM OLD.escalated_at THEN
        PERFORM ticket_log(NEW.org_id, NEW.id, 'escalated', NULL, NEW.escalation_reason);
    END IF;
    IF NEW.macro_applied_at IS DISTINCT FROM OLD.macro_applied_at THEN
        PERFORM ticket_log(NEW.org_id, NEW.id, 'macro_applied', NULL, (
            SELECT m.name FROM macros m WHERE m.org_id = NEW.org_id AND m.id = NEW.macro_id));
    END IF;
    IF (NEW.deleted_at IS NULL) <> (OLD.deleted_at IS NULL) THEN
        PERFORM ticket_log(NEW.org_id, NEW.id,
            CASE WHEN NEW.deleted_at IS NULL THEN 'restored' ELSE 'deleted' END, NULL, NULL);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ticket_noted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM ticket_log(NEW.org_id, NEW.ticket_id, 'noted', NULL,
        CASE WHEN NEW.is_private THEN 'private' ELSE 'public' END);
    RETURN NULL;
END $$;

CREATE FUNCTION ticket_tagged() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND EXISTS (
        SELECT 1 FROM tickets t WHERE t.org_id = OLD.org_id AND t.id = OLD.ticket_id) THEN
        PERFORM ticket_log(OLD.org_id, OLD.ticket_id, 'untagged', (
            SELECT g.name FROM ticket_tags g WHERE g.org_id = OLD.org_id AND g.id = OLD.tag_id), NULL);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM ticket_log(NEW.org_id, NEW.ticket_id, 'tagged', NULL, (
            SELECT g.name FROM ticket_tags g WHERE g.org_id = NEW.org_id AND g.id = NEW.tag_id));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ticket_opened AFTER INSERT ON tickets
    FOR EACH ROW EXECUTE FUNCTION ticket_opened();
CREATE TRIGGER ticket_changed AFTER UPDATE ON tickets
    FOR EACH ROW EXECUTE FUNCTION ticket_changed();
CREATE TRIGGER ticket_noted AFTER INSERT ON ticket_notes
    FOR EACH ROW EXECUTE FUNCTION ticket_noted();
CREATE TRIGGER ticket_tagged AFTER INSERT OR DELETE OR UPDATE OF ticket_id, tag_id
    ON ticket_taggings FOR EACH ROW EXECUTE FUNCTION ticket_tagged();
"""

DOWN = r"""
DROP POLICY visitor_opens ON tickets;
DROP FUNCTION IF EXISTS ticket_tagged CASCADE;
DROP FUNCTION IF EXISTS ticket_noted CASCADE;
DROP FUNCTION IF EXISTS ticket_changed CASCADE;
DROP FUNCTION IF EXISTS ticket_opened CASCADE;
DROP FUNCTION IF EXISTS ticket_log CASCADE;
DROP FUNCTION IF EXISTS ticket_number_stands CASCADE;
DROP FUNCTION IF EXISTS ticket_numbers_brought CASCADE;
DROP FUNCTION IF EXISTS ticket_takes_number CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
