"""What the database itself does about workflows."""

from crm_store.migrating import run

revision = "0042_workflows_rules"
down_revision = "0041_tickets_rules"
branch_labels = None
depends_on = None

UP = r"""
-- The kinds of node. A setting in {{braces}} is filled in when the node runs.
INSERT INTO node_types (key, "group", name, description, inputs, outputs, outputs_from, sort_order, config_schema)
SELECT key, grp, name, description, inputs::text[], outputs::text[], outputs_from,
       row_number() OVER (), jsonb_build_object('type', 'object', 'properties', properties::jsonb, 'required', to_jsonb(required::text[]))
FROM (VALUES
-- What starts a run
('whatsapp_message', 'trigger', 'WhatsApp message', 'A message arrives on WhatsApp.', '{}', '{next}', NULL, '{}',
 '{"contains": {"type": "string", "maxLength": 200}, "from": {"type": "string", "enum": ["anyone", "known", "unknown"]}}'),
('email_received', 'trigger', 'E-mail received', 'An e-mail arrives in a mailbox.', '{}', '{next}', NULL, '{}',
 '{"mailbox": {"type": "string", "format": "email"}, "subject_contains": {"type": "string", "maxLength": 200}, "from": {"type": "string", "enum": ["anyone", "known", "unknown"]}}'),
('ticket_created', 'trigger', 'Ticket created', 'Somebody opens a ticket.', '{}', '{next}', NULL, '{}',
 '{"priority": {"type": "array", "items": {"type": "string", "enum": ["low", "medium", "high", "urgent"]}}, "tag": {"type": "string"}}'),
('lead_added', 'trigger', 'Lead added', 'A lead is taken down, whatever its source.', '{}', '{next}', NULL, '{}',
 '{"source": {"type": "string"}, "least_score": {"type": "integer", "minimum": 0, "maximum": 100}}'),
('missed_call', 'trigger', 'Missed call', 'Nobody answers the telephone.', '{}', '{next}', NULL, '{}',
 '{"number": {"type": "string"}}'),
('schedule', 'trigger', 'Schedule', 'A time comes round, by the clock of the organisation or of a place.', '{}', '{next}', NULL, '{every}',
 '{"every": {"type": "string", "enum": ["hour", "day", "week", "month"]}, "at": {"type": "string", "format": "time"}, "weekdays": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 7}}, "day": {"type": "integer", "minimum": 1, "maximum": 31}, "timezone": {"type": "string", "format": "timezone"}}'),
('manual', 'trigger', 'Manual', 'Somebody presses the button.', '{}', '{next}', NULL, '{}',
 '{"ask_for": {"type": "array", "items": {"type": "string"}}}'),
('gift_received', 'trigger', 'Gift received', 'A gift is recorded.', '{}', '{next}', NULL, '{}',
 '{"at_least": {"type": "number", "minimum": 0}, "first_only": {"type": "boolean"}, "fund_id": {"type": "string", "format": "uuid"}}'),
('stage_changed', 'trigger', 'Journey stage changed', 'A donor moves to another stage of the journey.', '{}', '{next}', NULL, '{}',
 '{"from": {"type": "string"}, "to": {"type": "string"}}'),
('instalment_overdue', 'trigger', 'Instalment overdue', 'A promised instalment has not come.', '{}', '{next}', NULL, '{}',
 '{"days": {"type": "integer", "minimum": 1, "maximum": 365}}'),
-- Which way it goes
('if_else', 'logic', 'If / else', 'Goes one way when the conditions hold, the other when they do not.', '{in}', '{yes,no}', NULL, '{conditions}',
 '{"match": {"type": "string", "enum": ["all", "any"]}, "conditions": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["left", "operator"], "properties": {"left": {"type": "string", "minLength": 1}, "operator": {"type": "string", "enum": ["is", "is_not", "contains", "starts_with", "more_than", "less_than", "is_empty", "is_filled"]}, "right": {}}}}}'),
('switch', 'logic', 'Switch', 'Goes the way named by a value.', '{in}', '{otherwise}', 'cases', '{value,cases}',
 '{"value": {"type": "string", "minLength": 1}, "cases": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}}'),
('wait', 'logic', 'Wait', 'Rests for a while before going on.', '{in}', '{next}', NULL, '{amount,unit}',
 '{"amount": {"type": "integer", "minimum": 1, "maximum": 10000}, "unit": {"type": "string", "enum": ["minutes", "hours", "days", "weeks"]}}'),
('loop', 'logic', 'Loop', 'Does what follows once for each item, then goes on.', '{in}', '{each,done}', NULL, '{items}',
 '{"items": {"type": "string", "minLength": 1}, "at_most": {"type": "integer", "minimum": 1, "maximum": 1000}}'),
('stop', 'logic', 'Stop', 'Ends the run here.', '{in}', '{}', NULL, '{}',
 '{"reason": {"type": "string"}}'),
-- What a language model is asked
('detect_intent', 'ai', 'Detect intent', 'Says what somebody wants.', '{in}', '{unclear}', 'intents', '{text,intents}',
 '{"text": {"type": "string", "minLength": 1}, "intents": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}}'),
('detect_sentiment', 'ai', 'Detect sentiment', 'Says how somebody feels about it.', '{in}', '{positive,neutral,negative}', NULL, '{text}',
 '{"text": {"type": "string", "minLength": 1}}'),
('extract_entities', 'ai', 'Extract entities', 'Takes names, amounts, dates and the like out of a text.', '{in}', '{next}', NULL, '{text,fields}',
 '{"text": {"type": "string", "minLength": 1}, "fields": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}}'),
('llm_agent', 'ai', 'Assistant', 'Lets an assistant do a task with the tools it is given.', '{in}', '{next,failed}', NULL, '{task}',
 '{"assistant_id": {"type": "string", "format": "uuid"}, "task": {"type": "string", "minLength": 1}, "tools": {"type": "array", "items": {"type": "string"}}}'),
('draft_message', 'ai', 'Draft a message', 'Writes a message from what is on record, for somebody to approve.', '{in}', '{next}', NULL, '{channel,instructions}',
 '{"channel": {"type": "string", "enum": ["email", "whatsapp"]}, "instructions": {"type": "string", "minLength": 1}, "template_id": {"type": "string", "format": "uuid"}}'),
-- What it brings about
('send_whatsapp', 'output', 'Send WhatsApp', 'Sends a message on WhatsApp, when the person may be written to.', '{in}', '{next,refused}', NULL, '{text}',
 '{"to": {"type": "string"}, "text": {"type": "string", "minLength": 1, "maxLength": 4096}, "template": {"type": "string"}}'),
('send_email', 'output', 'Send e-mail', 'Sends an e-mail, when the person may be written to.', '{in}', '{next,refused}', NULL, '{subject,body}',
 '{"to": {"type": "string"}, "subject": {"type": "string", "minLength": 1, "maxLength": 998}, "body": {"type": "string", "minLength": 1}, "mailbox": {"type": "string", "format": "email"}}'),
('create_lead', 'output', 'Create lead', 'Takes down a lead.', '{in}', '{next}', NULL, '{name}',
 '{"name": {"type": "string", "minLength": 1}, "email": {"type": "string"}, "phone": {"type": "string"}, "source": {"type": "string"}, "notes": {"type": "string"}}'),
('create_ticket', 'output', 'Create ticket', 'Opens a ticket.', '{in}', '{next}', NULL, '{subject}',
 '{"subject": {"type": "string", "minLength": 1}, "body": {"type": "string"}, "priority": {"type": "string", "enum": ["low", "medium", "high", "urgent"]}}'),
('assign_member', 'output', 'Assign somebody', 'Gives the record to a member of staff.', '{in}', '{next}', NULL, '{}',
 '{"member_id": {"type": "string", "format": "uuid"}, "rule": {"type": "string", "enum": ["named", "in_turn", "least_busy"]}}'),
('create_task', 'output', 'Create task', 'Gives somebody something to do.', '{in}', '{next}', NULL, '{title}',
 '{"title": {"type": "string", "minLength": 1}, "description": {"type": "string"}, "due_in_days": {"type": "integer", "minimum": 0, "maximum": 3650}, "member_id": {"type": "string", "format": "uuid"}}'),
('move_stage', 'output', 'Move in the journey', 'Moves the donor to another stage.', '{in}', '{next,refused}', NULL, '{stage}',
 '{"stage": {"type": "string", "minLength": 1}, "reason": {"type": "string"}}'),
('change_tags', 'output', 'Change tags', 'Puts tags on the record, or takes them off.', '{in}', '{next}', NULL, '{}',
 '{"add": {"type": "array", "items": {"type": "string", "minLength": 1}}, "remove": {"type": "array", "items": {"type": "string", "minLength": 1}}}'),
-- What helps along the way
('set_variable', 'utility', 'Set a variable', 'Remembers a value for later nodes.', '{in}', '{next}', NULL, '{name,value}',
 '{"name": {"type": "string", "minLength": 1, "maxLength": 60}, "value": {}}'),
('parse_json', 'utility', 'Read JSON', 'Turns a text into values.', '{in}', '{next,failed}', NULL, '{text}',
 '{"text": {"type": "string", "minLength": 1}, "into": {"type": "string"}}'),
('http_request', 'utility', 'HTTP request', 'Asks another system on the web.', '{in}', '{next,failed}', NULL, '{method,url}',
 '{"method": {"type": "string", "enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]}, "url": {"type": "string", "format": "url"}, "headers": {"type": "object"}, "body": {}, "timeout_seconds": {"type": "integer", "minimum": 1, "maximum": 60}}'),
('assert', 'utility', 'Assert', 'Fails the run when something that must hold does not.', '{in}', '{next}', NULL, '{left,operator}',
 '{"left": {"type": "string", "minLength": 1}, "operator": {"type": "string", "enum": ["is", "is_not", "contains", "starts_with", "more_than", "less_than", "is_empty", "is_filled"]}, "right": {}, "message": {"type": "string"}}'),
('error_handler', 'utility', 'Error handler', 'Takes over when another node fails.', '{}', '{next}', NULL, '{}',
 '{"only": {"type": "array", "items": {"type": "string"}}}')
) AS kinds (key, grp, name, description, inputs, outputs, outputs_from, required, properties);

-- A version's graph is fixed once it has been published; only working versions change.
CREATE FUNCTION workflow_versions_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'working' AND NEW.graph IS DISTINCT FROM OLD.graph THEN
        RAISE EXCEPTION 'a published version does not change' USING ERRCODE = '23514';
    END IF;
    IF NOT (NEW.state = OLD.state
            OR (OLD.state = 'working' AND NEW.state = 'published')
            OR (OLD.state = 'published' AND NEW.state = 'retired')) THEN
        RAISE EXCEPTION 'a version goes from working to published to retired' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER workflow_versions_keep BEFORE UPDATE ON workflow_versions
    FOR EACH ROW EXECUTE FUNCTION workflow_versions_keep();
"""

DOWN = r"""
DROP FUNCTION IF EXISTS workflow_versions_keep CASCADE;
DELETE FROM node_types;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
