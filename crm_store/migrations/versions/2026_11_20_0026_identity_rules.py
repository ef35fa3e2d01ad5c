"""What the database itself does about identity."""

from crm_store.migrating import run

revision = "0026_identity_rules"
down_revision = "0025_row_security"
branch_labels = None
depends_on = None

UP = r"""
-- The directory: from something shown at a door to ids. Triggers keep it, named functions read it.
CREATE FUNCTION directory_key(shown text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT sha256(convert_to(shown, 'UTF8')) $$;

-- Arguments: the kind, the columns shown, and 'hashed' where the column holds a digest already.
-- What has been ended, revoked or used up cannot be found.
CREATE FUNCTION directory_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    entry jsonb;
    shown text;
BEGIN
    -- An id is unique within its organisation or account alone: others may use it too.
    IF TG_OP <> 'INSERT' THEN
        entry := to_jsonb(OLD);
        DELETE FROM directory d
        WHERE d.kind = TG_ARGV[0] AND d.subject_id = OLD.id
          AND coalesce(d.org_id = (entry ->> 'org_id')::uuid, true)
          AND coalesce(d.user_id = (entry ->> 'user_id')::uuid, true);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN NULL;
    END IF;
    entry := to_jsonb(NEW);
    shown := (SELECT string_agg(entry ->> part, ' ' ORDER BY place)
              FROM unnest(string_to_array(TG_ARGV[1], ' ')) WITH ORDINALITY AS parts (part, place));
    IF shown IS NOT NULL
       AND 'false' NOT IN (coalesce(entry ->> 'is_active', ''), coalesce(entry ->> 'is_allowed', ''))
       AND num_nonnulls(entry ->> 'deleted_at', entry ->> 'ended_at', entry ->> 'revoked_at',
                        entry ->> 'used_at') = 0
       AND (TG_TABLE_NAME <> 'invitations' OR entry ->> 'accepted_at' IS NULL)
    THEN
        INSERT INTO directory (kind, key, subject_id, org_id, user_id) VALUES (
            TG_ARGV[0],
            CASE WHEN TG_ARGV[2] = 'hashed' THEN shown::bytea ELSE directory_key(shown) END,
            NEW.id,
            (entry ->> CASE TG_TABLE_NAME WHEN 'orgs' THEN 'id'
                WHEN 'user_sessions' THEN 'chosen_org_id' ELSE 'org_id' END)::uuid,
            (entry ->> CASE TG_TABLE_NAME WHEN 'users' THEN 'id' ELSE 'user_id' END)::uuid
        );
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION directory_ends_sessions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM directory
    WHERE kind = 'session' AND user_id = OLD.user_id AND org_id = OLD.org_id;
    RETURN NULL;
END $$;

CREATE TRIGGER directory_org AFTER INSERT OR DELETE ON orgs
    FOR EACH ROW EXECUTE FUNCTION directory_follows('org', 'id');
CREATE TRIGGER directory_slug AFTER INSERT OR DELETE OR UPDATE OF slug ON orgs
    FOR EACH ROW EXECUTE FUNCTION directory_follows('slug', 'slug');
CREATE TRIGGER directory_subdomain AFTER INSERT OR DELETE OR UPDATE OF subdomain ON orgs
    FOR EACH ROW EXECUTE FUNCTION directory_follows('subdomain', 'subdomain');
CREATE TRIGGER directory_user_email AFTER INSERT OR DELETE OR UPDATE OF email ON users
    FOR EACH ROW EXECUTE FUNCTION directory_follows('user_email', 'email');
CREATE TRIGGER directory_user_identity
    AFTER INSERT OR DELETE OR UPDATE OF provider, account_id ON user_identities
    FOR EACH ROW EXECUTE FUNCTION directory_follows('user_identity', 'provider account_id');
CREATE TRIGGER directory_user_token
    AFTER INSERT OR DELETE OR UPDATE OF token_hash, used_at ON user_tokens
    FOR EACH ROW EXECUTE FUNCTION directory_follows('user_token', 'token_hash', 'hashed');
CREATE TRIGGER directory_session
    AFTER INSERT OR DELETE OR UPDATE OF token_hash, chosen_org_id, ended_at ON user_sessions
    FOR EACH ROW EXECUTE FUNCTION directory_follows('session', 'token_hash', 'hashed');
CREATE TRIGGER directory_member
    AFTER INSERT OR DELETE OR UPDATE OF user_id, is_active, deleted_at ON members
    FOR EACH ROW EXECUTE FUNCTION directory_follows('member', 'user_id');
CREATE TRIGGER directory_member_left
    AFTER DELETE OR UPDATE OF is_active, deleted_at ON members
    FOR EACH ROW EXECUTE FUNCTION directory_ends_sessions();
CREATE TRIGGER directory_invitation
    AFTER INSERT OR DELETE OR UPDATE OF token_hash, accepted_at, revoked_at ON invitations
    FOR EACH ROW EXECUTE FUNCTION directory_follows('invitation', 'token_hash', 'hashed');
CREATE TRIGGER directory_api_key
    AFTER INSERT OR DELETE OR UPDATE OF key_hash, revoked_at ON api_keys
    FOR EACH ROW EXECUTE FUNCTION directory_follows('api_key', 'key_hash', 'hashed');
CREATE TRIGGER directory_staff_phone
    AFTER INSERT OR DELETE OR UPDATE OF phone_number, is_allowed ON staff_phones
    FOR EACH ROW EXECUTE FUNCTION directory_follows('staff_phone', 'phone_number');
CREATE TRIGGER directory_staff_whatsapp
    AFTER INSERT OR DELETE OR UPDATE OF whatsapp_id, is_allowed ON staff_phones
    FOR EACH ROW EXECUTE FUNCTION directory_follows('staff_whatsapp', 'whatsapp_id');

-- Ids and nothing else; only while no organisation has been chosen, so that nobody inside one
-- asks about the others.
CREATE TYPE found AS (org_id uuid, user_id uuid, subject_id uuid);

CREATE FUNCTION directory_find(wanted text, shown bytea) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT org_id, user_id, subject_id FROM directory
    WHERE kind = wanted AND key = shown AND app_org() IS NULL
$$;

CREATE FUNCTION user_by_email(address text) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('user_email', directory_key(lower(address))) $$;

CREATE FUNCTION user_by_identity(provider text, account_id text) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('user_identity', directory_key(provider || ' ' || account_id)) $$;

CREATE FUNCTION user_token_by_hash(hash bytea) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('user_token', hash) $$;

CREATE FUNCTION session_by_hash(hash bytea) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('session', hash) $$;

CREATE FUNCTION invitation_by_hash(hash bytea) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('invitation', hash) $$;

CREATE FUNCTION api_key_by_hash(hash bytea) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('api_key', hash) $$;

CREATE FUNCTION staff_by_phone(number text) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('staff_phone', directory_key(number)) $$;

CREATE FUNCTION staff_by_whatsapp(id text) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('staff_whatsapp', directory_key(id)) $$;

CREATE FUNCTION org_by_slug(name text) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('slug', directory_key(name)) $$;

CREATE FUNCTION org_by_subdomain(name text) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('subdomain', directory_key(name)) $$;

CREATE FUNCTION org_by_embed_key(shown text) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('embed_key', directory_key(shown)) $$;

CREATE FUNCTION org_by_channel_key(shown text) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('channel_key', directory_key(shown)) $$;

CREATE FUNCTION org_by_tracking_id(shown text) RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT * FROM directory_find('tracking_id', directory_key(shown)) $$;

-- People may ask where they themselves belong, whichever organisation they are in just now.
CREATE FUNCTION my_memberships() RETURNS SETOF found
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT org_id, user_id, subject_id FROM directory
    WHERE kind = 'member' AND key = directory_key(app_user()::text)
$$;

GRANT EXECUTE ON FUNCTION
    user_by_email(text), user_by_identity(text, text), user_token_by_hash(bytea),
    session_by_hash(bytea), invitation_by_hash(bytea), api_key_by_hash(bytea),
    staff_by_phone(text), staff_by_whatsapp(text), org_by_slug(text), org_by_subdomain(text),
    org_by_channel_key(text), my_memberships()
    TO almoner_staff;
GRANT EXECUTE ON FUNCTION org_by_embed_key(text), org_by_tracking_id(text)
    TO almoner_staff, almoner_visitor;
"""

DOWN = r"""
DROP FUNCTION IF EXISTS my_memberships CASCADE;
DROP FUNCTION IF EXISTS org_by_tracking_id CASCADE;
DROP FUNCTION IF EXISTS org_by_channel_key CASCADE;
DROP FUNCTION IF EXISTS org_by_embed_key CASCADE;
DROP FUNCTION IF EXISTS org_by_subdomain CASCADE;
DROP FUNCTION IF EXISTS org_by_slug CASCADE;
DROP FUNCTION IF EXISTS staff_by_whatsapp CASCADE;
DROP FUNCTION IF EXISTS staff_by_phone CASCADE;
DROP FUNCTION IF EXISTS api_key_by_hash CASCADE;
DROP FUNCTION IF EXISTS invitation_by_hash CASCADE;
DROP FUNCTION IF EXISTS session_by_hash CASCADE;
DROP FUNCTION IF EXISTS user_token_by_hash CASCADE;
DROP FUNCTION IF EXISTS user_by_identity CASCADE;
DROP FUNCTION IF EXISTS user_by_email CASCADE;
DROP FUNCTION IF EXISTS directory_find CASCADE;
DROP FUNCTION IF EXISTS directory_ends_sessions CASCADE;
DROP FUNCTION IF EXISTS directory_follows CASCADE;
DROP FUNCTION IF EXISTS directory_key CASCADE;
DROP TYPE IF EXISTS found;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
