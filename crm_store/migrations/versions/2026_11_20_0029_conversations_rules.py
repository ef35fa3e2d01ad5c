"""What the database itself does about conversations."""

from crm_store.migrating import run

revision = "0029_conversations_rules"
down_revision = "0028_audit_rules"
branch_labels = None
depends_on = None

UP = r"""
-- A message takes its place in its conversation, and its visitor and epoch from it: nobody can
-- write into another visitor's thread by naming it.
CREATE FUNCTION message_takes_its_place() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    thread conversations%ROWTYPE;
BEGIN
    SELECT * INTO thread FROM conversations c
    WHERE c.org_id = NEW.org_id AND c.id = NEW.conversation_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such conversation' USING ERRCODE = '23503';
    END IF;
    NEW.visitor_id := thread.visitor_id;
    NEW.seq := coalesce(NEW.seq, 1 + coalesce(
        (SELECT max(m.seq) FROM messages m
         WHERE m.org_id = NEW.org_id AND m.conversation_id = NEW.conversation_id), 0));
    NEW.epoch := coalesce(NEW.epoch, thread.epoch + (
        thread.status IN ('resolved', 'archived')
        AND NEW.direction = 'inbound' AND NOT NEW.is_internal)::int);
    RETURN NEW;
END $$;

CREATE TRIGGER takes_its_place BEFORE INSERT ON messages
    FOR EACH ROW EXECUTE FUNCTION message_takes_its_place();

-- What the list of conversations shows follows from the messages that were really said.
CREATE FUNCTION message_moves_conversation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was_said boolean := TG_OP = 'UPDATE' AND OLD.status NOT IN ('draft', 'scheduled');
    is_said boolean := NEW.status NOT IN ('draft', 'scheduled') AND NOT NEW.is_internal
        AND NEW.role IN ('user', 'assistant', 'staff');
    inbound boolean := NEW.direction = 'inbound';
BEGIN
    UPDATE conversations c SET
        message_count = c.message_count + (TG_OP = 'INSERT')::int,
        is_tainted = c.is_tainted OR NEW.is_tainted,
        updated_at = now()
    WHERE c.org_id = NEW.org_id AND c.id = NEW.conversation_id;
    IF is_said AND NOT was_said THEN
        UPDATE conversations c SET
            last_message_preview = CASE WHEN NEW.sent_at >= coalesce(c.last_message_at, NEW.sent_at)
                THEN left(coalesce(nullif(NEW.content, ''), NEW.transcription, NEW.subject, ''), 160)
                ELSE c.last_message_preview END,
            last_message_at = greatest(c.last_message_at, NEW.sent_at),
            last_inbound_at = CASE WHEN inbound THEN greatest(c.last_inbound_at, NEW.sent_at)
                ELSE c.last_inbound_at END,
            unread_count = c.unread_count + inbound::int,
            language = CASE WHEN inbound THEN coalesce(NEW.language, c.language)
                ELSE c.language END,
            status = CASE WHEN inbound AND c.status <> 'active' THEN 'active' ELSE c.status END,
            snoozed_until = CASE WHEN inbound THEN NULL ELSE c.snoozed_until END,
            resolved_at = CASE WHEN NEW.epoch > c.epoch THEN NULL ELSE c.resolved_at END,
            resolved_by = CASE WHEN NEW.epoch > c.epoch THEN NULL ELSE c.resolved_by END,
            epoch = greatest(c.epoch, NEW.epoch)
        WHERE c.org_id = NEW.org_id AND c.id = NEW.conversation_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER moves_conversation AFTER INSERT ON messages
    FOR EACH ROW EXECUTE FUNCTION message_moves_conversation();
CREATE TRIGGER moves_conversation_when_sent AFTER UPDATE OF status ON messages
    FOR EACH ROW WHEN (OLD.status IN ('draft', 'scheduled') AND NEW.status <> OLD.status)
    EXECUTE FUNCTION message_moves_conversation();

CREATE FUNCTION detail_follows_message() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.visitor_id := (SELECT m.visitor_id FROM messages m
                       WHERE m.org_id = NEW.org_id AND m.id = NEW.message_id);
    RETURN NEW;
END $$;

CREATE TRIGGER follows_message BEFORE INSERT OR UPDATE OF message_id, visitor_id ON widget_details
    FOR EACH ROW EXECUTE FUNCTION detail_follows_message();
CREATE TRIGGER follows_message BEFORE INSERT OR UPDATE OF message_id, visitor_id ON attachments
    FOR EACH ROW EXECUTE FUNCTION detail_follows_message();

-- What a visitor may write is what a visitor can have said.
CREATE POLICY visitor_says ON messages AS RESTRICTIVE FOR INSERT TO almoner_visitor WITH CHECK (
    direction = 'inbound' AND role = 'user' AND status = 'delivered' AND channel = 'widget'
    AND is_tainted AND num_nonnulls(member_id, person_id, ai_model, scheduled_at) = 0);
CREATE POLICY visitor_opens ON conversations AS RESTRICTIVE FOR INSERT TO almoner_visitor WITH CHECK (
    channel = 'widget' AND status = 'active' AND handling <> 'person' AND tags = '{}'
    AND num_nonnulls(owner_id, workspace_id, person_id, donor_id, internal_notes, summary) = 0);

-- Staff's notes and tags on a conversation are not the visitor's to read, and who a visitor turned
-- out to be is not theirs to write.
REVOKE SELECT ON conversations FROM almoner_visitor;
GRANT SELECT (
    org_id, id, owner_id, workspace_id, channel, status, handling, subject, person_id, visitor_id,
    assistant_id, channel_account_id, widget_id, thread_key, language, summary, summary_through,
    is_tainted, epoch, message_count, unread_count, last_message_at, last_message_preview,
    last_inbound_at, snoozed_until, resolved_at, resolved_by, rating, rating_comment, properties,
    created_at, updated_at, created_by, updated_by
) ON conversations TO almoner_visitor;
REVOKE UPDATE ON visitors FROM almoner_visitor;
GRANT UPDATE (
    name, email, phone, company, language, timezone, last_seen_at, last_page, consented_at,
    consent_text, updated_at, updated_by
) ON visitors TO almoner_visitor;

CREATE TRIGGER directory_widget
    AFTER INSERT OR DELETE OR UPDATE OF embed_key, is_active ON widgets
    FOR EACH ROW EXECUTE FUNCTION directory_follows('embed_key', 'embed_key');
CREATE TRIGGER directory_channel_account
    AFTER INSERT OR DELETE OR UPDATE OF channel_key, is_active ON channel_accounts
    FOR EACH ROW EXECUTE FUNCTION directory_follows('channel_key', 'channel_key');
"""

DOWN = r"""
DROP POLICY visitor_says ON messages;
DROP POLICY visitor_opens ON conversations;
DROP FUNCTION IF EXISTS detail_follows_message CASCADE;
DROP FUNCTION IF EXISTS message_moves_conversation CASCADE;
DROP FUNCTION IF EXISTS message_takes_its_place CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
