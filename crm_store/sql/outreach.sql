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

-- What one needs to know of each person to say whether they may be written to. Every figure is
-- read in one statement, so that a whole audience costs what its rows cost and no more.
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
LANGUAGE sql STABLE AS $$
    WITH subject AS MATERIALIZED (
        SELECT p.id, p.household_id, p.timezone, p.deleted_at, p.is_deceased, p.do_not_contact,
               p.do_not_contact_reason, p.owner_id, p.org_id
        FROM people p WHERE p.org_id = (SELECT app_org()) AND p.id = ANY (wanted)
    ),
    home AS MATERIALIZED (
        SELECT s.id AS subject_id, s.id AS person_id FROM subject s
        UNION ALL
        SELECT s.id, p.id FROM subject s
        JOIN people p ON p.org_id = s.org_id AND p.household_id = s.household_id AND p.id <> s.id
        WHERE p.deleted_at IS NULL
    ),
    giving AS (
        SELECT DISTINCT ON (s.id) s.id AS subject_id, d.id AS donor_id,
               bool_or(d.do_not_contact) OVER w AS do_not_contact,
               bool_or(d.do_not_solicit) OVER w AS do_not_solicit,
               max(d.contact_hold_until) OVER w AS hold_until,
               first_value(d.contact_hold_reason) OVER
                   (PARTITION BY s.id ORDER BY d.contact_hold_until DESC NULLS LAST) AS hold_reason,
               bool_or(d.owner_id IS NOT NULL) OVER w AS has_officer
        FROM subject s
        JOIN donor_people dp ON dp.org_id = s.org_id AND dp.person_id = s.id AND dp.left_at IS NULL
        JOIN donors d ON d.org_id = dp.org_id AND d.id = dp.donor_id AND d.deleted_at IS NULL
        WINDOW w AS (PARTITION BY s.id)
        ORDER BY s.id, dp.is_primary DESC, d.id
    ),
    ways AS MATERIALIZED (
        SELECT s.id AS subject_id, i.normalised, i.is_primary, i.kind, i.id AS identifier_id,
               i.bounced_at IS NOT NULL AS bounced, x.reason
        FROM subject s
        JOIN identifiers i ON i.org_id = s.org_id AND i.person_id = s.id AND i.deleted_at IS NULL
             AND i.kind = ANY (CASE by_channel WHEN 'email' THEN '{email}'::text[]
                 WHEN 'whatsapp' THEN '{whatsapp,phone}'::text[]
                 WHEN 'text' THEN '{phone,whatsapp}'::text[]
                 WHEN 'phone' THEN '{phone}'::text[] ELSE '{}'::text[] END)
        LEFT JOIN suppressions x ON x.org_id = s.org_id AND x.channel = by_channel
             AND x.address_hash = address_hash(s.org_id, by_channel, i.normalised)
             AND x.lifted_at IS NULL
    ),
    refused AS (
        SELECT subject_id, array_agg(DISTINCT reason ORDER BY reason) AS reasons,
               bool_or(bounced OR reason IN ('hard_bounce', 'invalid', 'erased')) AS has_dead
        FROM ways WHERE reason IS NOT NULL OR bounced GROUP BY subject_id
    ),
    best AS (
        SELECT DISTINCT ON (w.subject_id) w.subject_id, w.normalised
        FROM ways w
        WHERE NOT w.bounced AND NOT EXISTS (
            SELECT 1 FROM ways o WHERE o.subject_id = w.subject_id AND o.normalised = w.normalised
              AND o.reason IN ('hard_bounce', 'invalid', 'erased'))
        ORDER BY w.subject_id, w.kind = by_channel DESC, w.is_primary DESC, w.identifier_id
    ),
    said AS (
        SELECT DISTINCT ON (h.subject_id, h.person_id) h.subject_id, h.person_id, c.state, c.at,
               c.covers_household
        FROM home h
        JOIN consents c ON c.org_id = (SELECT app_org()) AND c.person_id = h.person_id
        WHERE c.purpose IN ('marketing', for_purpose)
          AND (c.channel IS NULL OR c.channel = by_channel)
          AND c.at <= asked_at AND (c.expires_at IS NULL OR c.expires_at > asked_at)
        ORDER BY h.subject_id, h.person_id, c.at DESC, c.id DESC
    ),
    others AS (
        SELECT subject_id,
               max(at) FILTER (WHERE state = 'withdrawn') AS partner_withdrew_at,
               max(at) FILTER (WHERE state = 'withdrawn' AND covers_household) AS household_withdrew_at
        FROM said WHERE person_id <> subject_id GROUP BY subject_id
    ),
    family AS (
        SELECT h.subject_id, bool_or(p.do_not_contact AND NOT p.is_deceased) AS do_not_contact,
               max(p.died_on) FILTER (WHERE p.is_deceased) AS bereaved_on
        FROM home h JOIN people p ON p.org_id = (SELECT app_org()) AND p.id = h.person_id
        WHERE h.person_id <> h.subject_id GROUP BY h.subject_id
    ),
    written AS (
        SELECT h.subject_id, count(*)::int AS household_contacts,
               (count(*) FILTER (WHERE h.person_id = h.subject_id))::int AS contacts,
               max(d.queued_at) FILTER (WHERE h.person_id = h.subject_id) AS last_at,
               min(d.queued_at) FILTER (WHERE h.person_id = h.subject_id) AS first_at
        FROM home h
        JOIN deliveries d ON d.org_id = (SELECT app_org()) AND d.person_id = h.person_id
             AND d.queued_at > asked_at - make_interval(days => period_days)
             AND d.queued_at <= asked_at
        WHERE d.status NOT IN ('failed', 'cancelled')
          AND d.purpose NOT IN ('transactional', 'receipt', 'service')
        GROUP BY h.subject_id
    )
    SELECT s.id, g.donor_id, s.household_id, s.timezone,
           s.deleted_at IS NOT NULL, s.is_deceased, s.do_not_contact, s.do_not_contact_reason,
           coalesce(g.do_not_contact, false), coalesce(g.do_not_solicit, false), g.hold_until,
           g.hold_reason, coalesce(g.has_officer, false) OR s.owner_id IS NOT NULL,
           b.normalised, coalesce(r.has_dead, false), coalesce(r.reasons, '{}'),
           own.state, own.at, o.partner_withdrew_at, o.household_withdrew_at,
           coalesce(f.do_not_contact, false), f.bereaved_on,
           coalesce(t.contacts, 0), coalesce(t.household_contacts, 0), t.last_at,
           t.first_at + make_interval(days => period_days)
    FROM subject s
    LEFT JOIN giving g ON g.subject_id = s.id
    LEFT JOIN best b ON b.subject_id = s.id
    LEFT JOIN refused r ON r.subject_id = s.id
    LEFT JOIN said own ON own.subject_id = s.id AND own.person_id = s.id
    LEFT JOIN others o ON o.subject_id = s.id
    LEFT JOIN family f ON f.subject_id = s.id
    LEFT JOIN written t ON t.subject_id = s.id
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
