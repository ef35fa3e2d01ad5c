"""What the database itself does about search."""

from crm_store.migrating import run

revision = "0040_search_rules"
down_revision = "0039_reports_rules"
branch_labels = None
depends_on = None

UP = r"""
-- The index is written through these, each in one round trip. What an entry was filed under before
-- stands on the entry, so nothing has to be looked for. Each of the first two answers with the words
-- the organisation did not use until now; search_learn is then told what leads to them.

-- Writers share this lock; who makes the index anew takes it alone.
CREATE FUNCTION search_lock_key() RETURNS bigint LANGUAGE sql STABLE
RETURN hashtextextended('search of ' || app_org()::text, 0);

CREATE FUNCTION search_unknown(words text[]) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT w.term FROM (
        SELECT DISTINCT t.term
        FROM unnest(words) AS f (words), unnest(string_to_array(f.words, ' ')) AS t (term)
    ) w
    WHERE w.term !~ '^[@+#-]|_' AND NOT EXISTS (
        SELECT 1 FROM search_keys k
        WHERE k.org_id = (SELECT app_org()) AND k.key = w.term AND k.term = w.term)
$$;

-- Puts entries in, or corrects them: words no longer true are taken out, new ones filed.
CREATE FUNCTION search_file(
    ids uuid[], kinds text[], labels text[], places text[], years smallint[], notes text[],
    donors uuid[], owners uuid[], workspaces uuid[], weights smallint[], words text[]
) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(search_lock_key());

    DELETE FROM search_terms t USING (
        SELECT e.id, e.weight, unnest(e.terms) COLLATE "C" AS term
        FROM search_entries e WHERE e.org_id = (SELECT app_org()) AND e.id = ANY (ids)
        EXCEPT
        SELECT f.id, f.weight, unnest(string_to_array(f.words, ' ')) COLLATE "C"
        FROM unnest(ids, weights, words) AS f (id, weight, words)
    ) gone
    WHERE t.org_id = (SELECT app_org()) AND t.term = gone.term AND t.weight = gone.weight
      AND t.entry_id = gone.id;

    INSERT INTO search_terms AS t (org_id, term, weight, entry_id, kind, owner_id, workspace_id)
    SELECT app_org(), w.term, f.weight, f.id, f.kind, f.owner, f.workspace
    FROM unnest(ids, kinds, owners, workspaces, weights, words)
             AS f (id, kind, owner, workspace, weight, words),
         unnest(string_to_array(f.words, ' ')) AS w (term)
    ORDER BY w.term COLLATE "C", f.weight, f.id
    ON CONFLICT (org_id, term, weight, entry_id) DO UPDATE
        SET owner_id = excluded.owner_id, workspace_id = excluded.workspace_id
        WHERE (t.owner_id, t.workspace_id)
            IS DISTINCT FROM (excluded.owner_id, excluded.workspace_id);

    INSERT INTO search_entries AS e (org_id, id, kind, label, place, year, note, donor_id,
                                     owner_id, workspace_id, weight, terms, indexed_at)
    SELECT app_org(), f.id, f.kind, f.label, f.place, f.year, f.note, f.donor, f.owner,
           f.workspace, f.weight, string_to_array(f.words, ' '), clock_timestamp()
    FROM unnest(ids, kinds, labels, places, years, notes, donors, owners, workspaces, weights,
                words)
        AS f (id, kind, label, place, year, note, donor, owner, workspace, weight, words)
    ORDER BY f.id
    ON CONFLICT (org_id, id) DO UPDATE SET
        label = excluded.label, place = excluded.place, year = excluded.year,
        note = excluded.note, donor_id = excluded.donor_id, owner_id = excluded.owner_id,
        workspace_id = excluded.workspace_id, weight = excluded.weight, terms = excluded.terms,
        indexed_at = excluded.indexed_at
        WHERE (e.label, e.place, e.year, e.note, e.donor_id, e.owner_id, e.workspace_id, e.weight,
               e.terms)
            IS DISTINCT FROM
              (excluded.label, excluded.place, excluded.year, excluded.note, excluded.donor_id,
               excluded.owner_id, excluded.workspace_id, excluded.weight, excluded.terms);

    RETURN QUERY SELECT search_unknown(words);
END $$;

-- The same where nothing of these entries is in the index yet, several times as fast.
CREATE FUNCTION search_load(
    ids uuid[], kinds text[], labels text[], places text[], years smallint[], notes text[],
    donors uuid[], owners uuid[], workspaces uuid[], weights smallint[], words text[]
) RETURNS SETOF text LANGUAGE plpgsql SET work_mem = '64MB' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(search_lock_key());

    INSERT INTO search_terms (org_id, term, weight, entry_id, kind, owner_id, workspace_id)
    SELECT app_org(), w.term, f.weight, f.id, f.kind, f.owner, f.workspace
    FROM unnest(ids, kinds, owners, workspaces, weights, words)
             AS f (id, kind, owner, workspace, weight, words),
         unnest(string_to_array(f.words, ' ')) AS w (term)
    ORDER BY w.term COLLATE "C", f.weight, f.id;

    INSERT INTO search_entries (org_id, id, kind, label, place, year, note, donor_id, owner_id,
                                workspace_id, weight, terms, indexed_at)
    SELECT app_org(), f.id, f.kind, f.label, f.place, f.year, f.note, f.donor, f.owner,
           f.workspace, f.weight, string_to_array(f.words, ' '), clock_timestamp()
    FROM unnest(ids, kinds, labels, places, years, notes, donors, owners, workspaces, weights,
                words)
        AS f (id, kind, label, place, year, note, donor, owner, workspace, weight, words);

    RETURN QUERY SELECT search_unknown(words);
END $$;

CREATE FUNCTION search_learn(keys text[], words text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO search_keys (org_id, key, term)
    SELECT app_org(), l.key, l.word FROM unnest(keys, words) AS l (key, word)
    ORDER BY l.key COLLATE "C", l.word COLLATE "C"
    ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION search_forget(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(search_lock_key());
    DELETE FROM search_terms t USING (
        SELECT e.id, e.weight, unnest(e.terms) AS term
        FROM search_entries e WHERE e.org_id = (SELECT app_org()) AND e.id = ANY (ids)
    ) gone
    WHERE t.org_id = (SELECT app_org()) AND t.term = gone.term AND t.weight = gone.weight
      AND t.entry_id = gone.id;
    DELETE FROM search_entries e WHERE e.org_id = (SELECT app_org()) AND e.id = ANY (ids);
END $$;

-- Empties the index of one kind of record, or of all with the words that were learnt.
CREATE FUNCTION search_wipe(only_kind text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(search_lock_key());
    DELETE FROM search_terms
    WHERE org_id = (SELECT app_org()) AND (only_kind IS NULL OR kind = only_kind);
    DELETE FROM search_entries
    WHERE org_id = (SELECT app_org()) AND (only_kind IS NULL OR kind = only_kind);
    IF only_kind IS NULL THEN
        DELETE FROM search_keys WHERE org_id = (SELECT app_org());
    END IF;
END $$;

GRANT EXECUTE ON FUNCTION search_lock_key(), search_unknown(text[]), search_forget(uuid[]),
    search_learn(text[], text[]), search_wipe(text),
    search_file(uuid[], text[], text[], text[], smallint[], text[], uuid[], uuid[], uuid[],
                smallint[], text[]),
    search_load(uuid[], text[], text[], text[], smallint[], text[], uuid[], uuid[], uuid[],
                smallint[], text[])
    TO almoner_staff;
"""

DOWN = r"""
DROP FUNCTION IF EXISTS search_wipe CASCADE;
DROP FUNCTION IF EXISTS search_forget CASCADE;
DROP FUNCTION IF EXISTS search_learn CASCADE;
DROP FUNCTION IF EXISTS search_load CASCADE;
DROP FUNCTION IF EXISTS search_file CASCADE;
DROP FUNCTION IF EXISTS search_unknown CASCADE;
DROP FUNCTION IF EXISTS search_lock_key CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
