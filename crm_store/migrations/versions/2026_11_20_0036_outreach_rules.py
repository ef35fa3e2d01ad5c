"""What the database itself does about outreach."""

from crm_store.migrating import run

revision = "0036_outreach_rules"
down_revision = "0035_orgs_rules"
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

-- What one needs to know of each person to say whether they may be written to, in one statement.
-- Every part is looked up by the person's key, so that a whole audience costs what its rows cost,
-- and it is planned anew each time: one person and an audience want different plans. What was
-- written or said after the moment asked about counts too, for whoever had to wait for a lock asks
-- about a moment that has passed.
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
LANGUAGE sql STABLE SET plan_cache_mode = force_custom_plan AS $$
    SELECT s.id, giving.donor_id, s.household_id, s.timezone,
           s.deleted_at IS NOT NULL, s.is_deceased, s.do_not_contact, s.do_not_contact_reason,
           coalesce(giving.do_not_contact, false), coalesce(giving.do_not_solicit, false),
           giving.hold_until, giving.hold_reason,
           coalesce(giving.has_officer, false) OR s.owner_id IS NOT NULL,
           reached.address, coalesce(reached.has_dead, false), coalesce(reached.reasons, '{}'),
           own.state, own.at, home.partner_withdrew_at, home.household_withdrew_at,
           coalesce(home.do_not_contact, false), home.bereaved_on,
           written.contacts, written.contacts + coalesce(home.contacts, 0), written.last_at,
           written.first_at + make_interval(days => period_days)
    FROM people s
    LEFT JOIN LATERAL (
        SELECT (array_agg(d.id ORDER BY dp.is_primary DESC, d.id))[1] AS donor_id,
               bool_or(d.do_not_contact) AS do_not_contact,
               bool_or(d.do_not_solicit) AS do_not_solicit,
               max(d.contact_hold_until) AS hold_until,
               (array_agg(d.contact_hold_reason ORDER BY d.contact_hold_until DESC NULLS LAST))[1]
                   AS hold_reason,
               bool_or(d.owner_id IS NOT NULL) AS has_officer
        FROM donor_people dp
        CROSS JOIN LATERAL (
            SELECT * FROM donors o
            WHERE o.org_id = dp.org_id AND o.id = dp.donor_id AND o.deleted_at IS NULL OFFSET 0
        ) d
        WHERE dp.org_id = s.org_id AND dp.person_id = s.id AND dp.left_at IS NULL
    ) giving ON true
    LEFT JOIN LATERAL (
        SELECT (array_agg(i.normalised ORDER BY i.kind = by_channel DESC, i.is_primary DESC, i.id)
                   FILTER (WHERE i.bounced_at IS NULL AND NOT x.is_dead))[1] AS address,
               bool_or(i.bounced_at IS NOT NULL OR x.is_dead) AS has_dead,
               string_to_array(string_agg(x.reasons, ' '), ' ') AS reasons
        FROM identifiers i
        CROSS JOIN LATERAL (
            SELECT string_agg(o.reason, ' ') AS reasons,
                   coalesce(bool_or(o.reason IN ('hard_bounce', 'invalid', 'erased')), false)
                       AS is_dead
            FROM suppressions o
            WHERE o.org_id = i.org_id AND o.channel = by_channel AND o.lifted_at IS NULL
              AND o.address_hash = address_hash(i.org_id, by_channel, i.normalised)
        ) x
        WHERE i.org_id = s.org_id AND i.person_id = s.id AND i.deleted_at IS NULL
          AND i.kind = ANY (CASE by_channel WHEN 'email' THEN '{email}'::text[]
              WHEN 'whatsapp' THEN '{whatsapp,phone}'::text[]
              WHEN 'text' THEN '{phone,whatsapp}'::text[]
              WHEN 'phone' THEN '{phone}'::text[] ELSE '{}'::text[] END)
    ) reached ON true
    LEFT JOIN LATERAL (
        SELECT c.state, c.at FROM consents c
        WHERE c.org_id = s.org_id AND c.person_id = s.id
          AND c.purpose IN ('marketing', for_purpose)
          AND (c.channel IS NULL OR c.channel = by_channel)
          AND (c.expires_at IS NULL OR c.expires_at > asked_at)
        ORDER BY c.at DESC, c.id DESC LIMIT 1
    ) own ON true
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS contacts, max(d.queued_at) AS last_at, min(d.queued_at) AS first_at
        FROM deliveries d
        WHERE d.org_id = s.org_id AND d.person_id = s.id
          AND d.queued_at > asked_at - make_interval(days => period_days)
          AND d.status NOT IN ('failed', 'cancelled')
          AND d.purpose NOT IN ('transactional', 'receipt', 'service')
    ) written
    LEFT JOIN LATERAL (
        SELECT max(said.at) AS partner_withdrew_at,
               max(said.at) FILTER (WHERE said.covers_household) AS household_withdrew_at,
               bool_or(p.do_not_contact AND NOT p.is_deceased) AS do_not_contact,
               max(p.died_on) FILTER (WHERE p.is_deceased) AS bereaved_on,
               sum(theirs.contacts)::int AS contacts
        FROM people p
        LEFT JOIN LATERAL (
            SELECT latest.at, latest.covers_household FROM (
                SELECT c.state, c.at, c.covers_household FROM consents c
                WHERE c.org_id = p.org_id AND c.person_id = p.id
                  AND c.purpose IN ('marketing', for_purpose)
                  AND (c.channel IS NULL OR c.channel = by_channel)
                  AND (c.expires_at IS NULL OR c.expires_at > asked_at)
                ORDER BY c.at DESC, c.id DESC LIMIT 1
            ) latest WHERE latest.state = 'withdrawn'
        ) said ON true
        CROSS JOIN LATERAL (
            SELECT count(*) AS contacts FROM deliveries d
            WHERE d.org_id = p.org_id AND d.person_id = p.id
              AND d.queued_at > asked_at - make_interval(days => period_days)
              AND d.status NOT IN ('failed', 'cancelled')
              AND d.purpose NOT IN ('transactional', 'receipt', 'service')
        ) theirs
        WHERE p.org_id = s.org_id AND p.household_id = s.household_id AND p.id <> s.id
          AND p.deleted_at IS NULL
    ) home ON s.household_id IS NOT NULL
    WHERE s.org_id = (SELECT app_org()) AND s.id = ANY (wanted)
$$;
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
