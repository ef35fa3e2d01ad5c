"""What the database itself does about audit."""

from crm_store.migrating import run

revision = "0028_audit_rules"
down_revision = "0027_assistants_rules"
branch_labels = None
depends_on = None

UP = r"""
-- The chain. Run-time roles may call this and read the log, but hold no INSERT on it.
CREATE FUNCTION audit_link(
    prev bytea, org uuid, seq bigint, at timestamptz, kind text, who uuid, door text,
    action text, tab text, row_id uuid, digest bytea
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(prev || digest || convert_to(jsonb_build_array(
        org, seq, (extract(epoch FROM at) * 1000000)::bigint, kind, who, door, action, tab, row_id
    )::text, 'UTF8'))
$$;

CREATE FUNCTION audit_append(kind text, who text, door text, entries text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    org uuid := app_org();
    head audit_heads%ROWTYPE;
    entry jsonb;
    salt bytea;
    digest bytea;
    link bytea;
    now_at timestamptz;
BEGIN
    IF org IS NULL THEN
        RAISE EXCEPTION 'no organisation' USING ERRCODE = '42501';
    END IF;
    IF pg_has_role(session_user, 'almoner_visitor', 'MEMBER')
       AND NOT pg_has_role(session_user, 'almoner_staff', 'MEMBER')
       AND (kind <> 'visitor' OR who::uuid IS DISTINCT FROM app_visitor()) THEN
        RAISE EXCEPTION 'visitors speak for themselves' USING ERRCODE = '42501';
    END IF;
    INSERT INTO audit_heads (org_id, seq, hash) VALUES (org, 0, sha256(''::bytea))
        ON CONFLICT (org_id) DO NOTHING;
    SELECT * INTO head FROM audit_heads WHERE org_id = org FOR UPDATE;
    now_at := clock_timestamp();
    FOR entry IN SELECT value FROM jsonb_array_elements(entries::jsonb) WITH ORDINALITY ORDER BY ordinality
    LOOP
        head.seq := head.seq + 1;
        salt := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
        digest := sha256(salt || convert_to((entry -> 'changes')::text, 'UTF8'));
        link := audit_link(head.hash, org, head.seq, now_at, kind, who::uuid, door,
            entry ->> 'action', entry ->> 'table', (entry ->> 'row_id')::uuid, digest);
        INSERT INTO audit_log (org_id, seq, at, actor_kind, actor_id, door, action, table_name,
                               row_id, digest, prev_hash, hash)
        VALUES (org, head.seq, now_at, kind, who::uuid, door, entry ->> 'action',
                entry ->> 'table', (entry ->> 'row_id')::uuid, digest, head.hash, link);
        INSERT INTO audit_details (org_id, seq, salt, changes)
        VALUES (org, head.seq, salt, entry -> 'changes');
        head.hash := link;
    END LOOP;
    UPDATE audit_heads SET seq = head.seq, hash = head.hash WHERE org_id = org;
    RETURN head.seq;
END $$;

-- Forgetting a person takes the before and after away; the chain and its digests stay.
CREATE FUNCTION audit_forget(rows_to_forget uuid[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    forgotten bigint;
BEGIN
    DELETE FROM audit_details d USING audit_log l
    WHERE d.org_id = app_org() AND l.org_id = d.org_id AND l.seq = d.seq
      AND l.row_id = ANY (rows_to_forget);
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    RETURN forgotten;
END $$;

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = '42501';
END $$;

CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_details_no_update BEFORE UPDATE OR TRUNCATE ON audit_details
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

CREATE INDEX ix_audit_log_org_id_row_id ON audit_log (org_id, row_id, seq);
CREATE INDEX ix_audit_log_org_id_actor_id ON audit_log (org_id, actor_id, seq);
CREATE INDEX ix_audit_log_org_id_at ON audit_log (org_id, at);

GRANT EXECUTE ON FUNCTION audit_append(text, text, text, text) TO almoner_staff, almoner_visitor;
GRANT EXECUTE ON FUNCTION audit_forget(uuid[]) TO almoner_staff;
GRANT EXECUTE ON FUNCTION audit_link(
    bytea, uuid, bigint, timestamptz, text, uuid, text, text, text, uuid, bytea
) TO almoner_staff;
"""

DOWN = r"""
DROP INDEX IF EXISTS ix_audit_log_org_id_row_id;
DROP INDEX IF EXISTS ix_audit_log_org_id_actor_id;
DROP INDEX IF EXISTS ix_audit_log_org_id_at;
DROP FUNCTION IF EXISTS audit_is_append_only CASCADE;
DROP FUNCTION IF EXISTS audit_forget CASCADE;
DROP FUNCTION IF EXISTS audit_append CASCADE;
DROP FUNCTION IF EXISTS audit_link CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
