"""What the database itself does about outreach."""

from crm_store.migrating import run

revision = "0037_outreach_rules"
down_revision = "0036_orgs_rules"
branch_labels = None
depends_on = None

UP = r"""
INSERT INTO mail_providers (key, name, description, uses_oauth, needs_domain, has_idempotency_key,
                            default_daily_limit, smtp_host, smtp_port, scopes, sort_order) VALUES
    ('ses', 'Amazon SES', 'Amazon Simple Email Service; the sending domain is verified first.',
     false, true, false, 50000, NULL, NULL, '{}', 1),
    ('gmail', 'Gmail', 'A personal or business Gmail account, connected with OAuth.',
     true, false, false, 500, 'smtp.gmail.com', 587,
     '{https://www.googleapis.com/auth/gmail.send,https://www.googleapis.com/auth/gmail.readonly}', 2),
    ('outlook', 'Outlook', 'A Microsoft 365 account, connected with OAuth.',
     true, false, false, 10000, 'smtp.office365.com', 587, '{Mail.Send,Mail.Read,offline_access}', 3),
    ('workspace', 'Google Workspace', 'A whole Workspace domain through a service account.',
     false, true, false, 2000, 'smtp-relay.gmail.com', 587,
     '{https://www.googleapis.com/auth/gmail.send}', 4),
    ('smtp', 'SMTP', 'Any mail server that takes a name and a password.',
     false, false, false, NULL, NULL, 587, '{}', 5);

CREATE FUNCTION address_hash(org uuid, channel text, address text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT sha256(convert_to(org::text || '|' || channel || '|' || address, 'UTF8')) $$;

-- What one needs to know of each person to say whether they may be written to. An audience is read
-- set by set and joined by hash, planned for its own size: correct guesses about rows per
-- organisation are not needed for it to be fast. What was written or said after the moment asked
-- about counts too, for whoever had to wait for a lock asks about a moment that has passed.
CREATE FUNCTION contact_facts(wanted uuid[], by_channel text, for_purpose text,
                              asked_at timestamptz, period_days int)
RETURNS TABLE (
    person_id uuid, donor_id uuid, household_id uuid, timezone text,
    is_gone boolean, is_deceased boolean, do_not_contact boolean, do_not_contact_reason text,
    donor_do_not_contact boolean, donor_do_not_solicit boolean, donor_hold_until date,
    donor_hold_reason text, has_officer boolean, address text, has_dead_address boolean,
    suppressions text[], consent_state text, consent_at timestamptz,
    partner_withdrew_at timestamptz, household_withdrew_at timestamptz, partner_do_not_contact boolean,
    bereaved_on date, contacts int, household_contacts int, last_contact_at timestamptz,
    period_frees_at timestamptz
)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan SET enable_nestloop = off AS $$
#variable_conflict use_column
DECLARE
    period interval := make_interval(days => period_days);
    kinds text[] := CASE by_channel WHEN 'email' THEN '{email}'
        WHEN 'whatsapp' THEN '{whatsapp,phone}' WHEN 'text' THEN '{phone,whatsapp}'
        WHEN 'phone' THEN '{phone}' ELSE '{}' END;
    homes uuid[] := ARRAY(
        SELECT DISTINCT p.household_id FROM people p
        WHERE p.id = ANY (wanted) AND p.household_id IS NOT NULL);
    everyone uuid[] := wanted || ARRAY(
        SELECT p.id FROM people p WHERE p.household_id = ANY (homes) AND p.deleted_at IS NULL);
    units uuid[] := ARRAY(
        SELECT dp.donor_id FROM donor_people dp
        WHERE dp.person_id = ANY (wanted) AND dp.left_at IS NULL);
    hashes bytea[] := ARRAY(
        SELECT address_hash(i.org_id, by_channel, i.normalised) FROM identifiers i
        WHERE i.person_id = ANY (wanted) AND i.kind = ANY (kinds) AND i.deleted_at IS NULL);
BEGIN
    RETURN QUERY
    WITH giving AS (
        SELECT dp.person_id, (array_agg(d.id ORDER BY dp.is_primary DESC, d.id))[1] AS donor_id,
               bool_or(d.do_not_contact) AS do_not_contact,
               bool_or(d.do_not_solicit) AS do_not_solicit,
               max(d.contact_hold_until) AS hold_until,
               (array_agg(d.contact_hold_reason ORDER BY d.contact_hold_until DESC NULLS LAST))[1]
                   AS hold_reason,
               bool_or(d.owner_id IS NOT NULL) AS has_officer
        FROM donor_people dp
        JOIN donors d ON d.id = dp.donor_id AND d.id = ANY (units) AND d.deleted_at IS NULL
        WHERE dp.person_id = ANY (wanted) AND dp.left_at IS NULL
        GROUP BY dp.person_id
    ),
    closed AS (
        SELECT x.address_hash, string_agg(x.reason, ' ') AS reasons,
               bool_or(x.reason IN ('hard_bounce', 'invalid', 'erased')) AS is_dead
        FROM suppressions x
        WHERE x.address_hash = ANY (hashes) AND x.channel = by_channel AND x.lifted_at IS NULL
        GROUP BY x.address_hash
    ),
    reached AS (
        SELECT i.person_id,
               (array_agg(i.normalised ORDER BY i.kind = by_channel DESC, i.is_primary DESC, i.id)
                   FILTER (WHERE i.bounced_at IS NULL AND x.is_dead IS NOT TRUE))[1] AS address,
               bool_or(i.bounced_at IS NOT NULL OR x.is_dead IS TRUE) AS has_dead,
               string_to_array(string_agg(x.reasons, ' '), ' ') AS reasons
        FROM identifiers i
        LEFT JOIN closed x ON x.address_hash = address_hash(i.org_id, by_channel, i.normalised)
        WHERE i.person_id = ANY (wanted) AND i.kind = ANY (kinds) AND i.deleted_at IS NULL
        GROUP BY i.person_id
    ),
    said AS MATERIALIZED (
        SELECT DISTINCT ON (c.person_id) c.person_id, c.state, c.at, c.covers_household
        FROM consents c
        WHERE c.person_id = ANY (everyone) AND c.purpose IN ('marketing', for_purpose)
          AND (c.channel IS NULL OR c.channel = by_channel)
          AND (c.expires_at IS NULL OR c.expires_at > asked_at)
        ORDER BY c.person_id, c.at DESC, c.id DESC
    ),
    written AS MATERIALIZED (
        SELECT d.person_id, count(*)::int AS contacts, max(d.queued_at) AS last_at,
               min(d.queued_at) AS first_at
        FROM deliveries d
        WHERE d.person_id = ANY (everyone) AND d.queued_at > asked_at - period
          AND d.status NOT IN ('failed', 'cancelled')
          AND d.purpose NOT IN ('transactional', 'receipt', 'service')
        GROUP BY d.person_id
    ),
    home AS (
        SELECT s.id AS person_id, max(c.at) AS partner_withdrew_at,
               max(c.at) FILTER (WHERE c.covers_household) AS household_withdrew_at,
               bool_or(p.do_not_contact AND NOT p.is_deceased) AS do_not_contact,
               max(p.died_on) FILTER (WHERE p.is_deceased) AS bereaved_on,
               sum(t.contacts)::int AS contacts
        FROM people s
        JOIN people p ON p.household_id = s.household_id AND p.id <> s.id
        LEFT JOIN said c ON c.person_id = p.id AND c.state = 'withdrawn'
        LEFT JOIN written t ON t.person_id = p.id
        WHERE s.id = ANY (wanted) AND p.id = ANY (everyone)
          AND s.household_id = ANY (homes) AND p.household_id = ANY (homes)
        GROUP BY s.id
    )
    SELECT s.id, g.donor_id, s.household_id, s.timezone, s.deleted_at IS NOT NULL, s.is_deceased,
           s.do_not_contact, s.do_not_contact_reason,
           coalesce(g.do_not_contact, false), coalesce(g.do_not_solicit, false), g.hold_until,
           g.hold_reason, coalesce(g.has_officer, false) OR s.owner_id IS NOT NULL,
           r.address, coalesce(r.has_dead, false), coalesce(r.reasons, '{}'),
           c.state::text, c.at, h.partner_withdrew_at, h.household_withdrew_at,
           coalesce(h.do_not_contact, false), h.bereaved_on, coalesce(t.contacts, 0),
           coalesce(t.contacts, 0) + coalesce(h.contacts, 0), t.last_at, t.first_at + period
    FROM people s
    LEFT JOIN giving g ON g.person_id = s.id
    LEFT JOIN reached r ON r.person_id = s.id
    LEFT JOIN said c ON c.person_id = s.id
    LEFT JOIN written t ON t.person_id = s.id
    LEFT JOIN home h ON h.person_id = s.id
    WHERE s.id = ANY (wanted);
END $$;
GRANT EXECUTE ON FUNCTION address_hash(uuid, text, text),
    contact_facts(uuid[], text, text, timestamptz, int) TO almoner_staff;

-- Nothing goes out unasked for without a positive answer to "may we write to them?", given for
-- this person, channel, purpose and address.
CREATE FUNCTION send_needs_a_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked record;
BEGIN
    SELECT d.allowed, d.person_id, d.channel, d.purpose, d.address INTO asked
    FROM contact_decisions d WHERE d.org_id = NEW.org_id AND d.id = NEW.decision_id;
    IF asked.allowed IS NOT TRUE OR asked.person_id IS DISTINCT FROM NEW.person_id THEN
        RAISE EXCEPTION 'nobody decided that this person may be written to' USING ERRCODE = '23514';
    END IF;
    IF TG_TABLE_NAME = 'outbox' AND (asked.channel, asked.purpose, asked.address)
        IS DISTINCT FROM (to_jsonb(NEW) ->> 'channel', to_jsonb(NEW) ->> 'purpose',
                          to_jsonb(NEW) ->> 'to_address') THEN
        RAISE EXCEPTION 'the decision was about something else' USING ERRCODE = '23514';
    END IF;
    IF TG_TABLE_NAME = 'campaign_recipients' AND (
        asked.address IS DISTINCT FROM (to_jsonb(NEW) ->> 'address')
        OR NOT EXISTS (SELECT 1 FROM campaigns c WHERE c.org_id = NEW.org_id
                       AND c.id = (to_jsonb(NEW) ->> 'campaign_id')::uuid
                       AND c.channel = asked.channel AND c.purpose = asked.purpose)) THEN
        RAISE EXCEPTION 'the decision was about something else' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER needs_a_decision BEFORE INSERT OR UPDATE OF purpose, decision_id, channel, to_address
    ON outbox FOR EACH ROW
    WHEN (NEW.purpose NOT IN ('transactional', 'receipt', 'service'))
    EXECUTE FUNCTION send_needs_a_decision();
CREATE TRIGGER needs_a_decision BEFORE INSERT OR UPDATE OF state, decision_id
    ON campaign_recipients FOR EACH ROW
    WHEN (NEW.state IN ('claimed', 'accepted', 'unknown'))
    EXECUTE FUNCTION send_needs_a_decision();

-- A suppression is lifted, never removed; a decision stays as it was given. Merging and erasing
-- people still follow the references.
REVOKE DELETE ON suppressions FROM almoner_staff;
REVOKE UPDATE, DELETE ON contact_decisions FROM almoner_staff;
GRANT UPDATE (person_id, donor_id, updated_at, updated_by) ON contact_decisions TO almoner_staff;

CREATE FUNCTION suppression_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.channel, NEW.address_hash, NEW.reason, NEW.at)
        IS DISTINCT FROM (OLD.channel, OLD.address_hash, OLD.reason, OLD.at)
       OR (OLD.lifted_at IS NOT NULL AND NEW.lifted_at IS NULL) THEN
        RAISE EXCEPTION 'a suppression can be lifted but not rewritten' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stands BEFORE UPDATE ON suppressions
    FOR EACH ROW EXECUTE FUNCTION suppression_stands();

CREATE TRIGGER directory_delivery AFTER INSERT OR DELETE OR UPDATE OF tracking_key ON deliveries
    FOR EACH ROW EXECUTE FUNCTION directory_follows('tracking_id', 'tracking_key');
"""

DOWN = r"""
DROP FUNCTION IF EXISTS suppression_stands CASCADE;
DROP FUNCTION IF EXISTS send_needs_a_decision CASCADE;
DROP FUNCTION IF EXISTS contact_facts CASCADE;
DROP FUNCTION IF EXISTS address_hash CASCADE;
DELETE FROM mail_providers;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
