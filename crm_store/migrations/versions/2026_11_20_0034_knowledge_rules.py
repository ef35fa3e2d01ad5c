"""What the database itself does about knowledge."""

from crm_store.migrating import run

revision = "0034_knowledge_rules"
down_revision = "0033_imports_rules"
branch_labels = None
depends_on = None

UP = r"""
-- A passage is shown to whomever its collection is for, once its document is published. What a
-- visitor may read hangs on these two columns, so the database keeps them true by itself.
CREATE FUNCTION chunks_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT d.collection_id, d.title, d.source_url, c.audience,
           d.status = 'published' AND d.deleted_at IS NULL AND c.deleted_at IS NULL
    INTO NEW.collection_id, NEW.title, NEW.source_url, NEW.audience, NEW.is_published
    FROM documents d JOIN collections c ON c.org_id = d.org_id AND c.id = d.collection_id
    WHERE d.org_id = NEW.org_id AND d.id = NEW.document_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a passage belongs to a document' USING ERRCODE = '23503';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER chunks_follow BEFORE INSERT OR UPDATE ON chunks
    FOR EACH ROW EXECUTE FUNCTION chunks_follow();

CREATE FUNCTION documents_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE chunks SET updated_at = now() WHERE org_id = NEW.org_id AND document_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER documents_lead AFTER UPDATE OF collection_id, title, source_url, status, deleted_at
    ON documents FOR EACH ROW
    WHEN ((OLD.collection_id, OLD.title, OLD.source_url, OLD.status, OLD.deleted_at)
          IS DISTINCT FROM
          (NEW.collection_id, NEW.title, NEW.source_url, NEW.status, NEW.deleted_at))
    EXECUTE FUNCTION documents_lead();

CREATE FUNCTION collections_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE chunks SET updated_at = now() WHERE org_id = NEW.org_id AND collection_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER collections_lead AFTER UPDATE OF audience, deleted_at
    ON collections FOR EACH ROW
    WHEN ((OLD.audience, OLD.deleted_at) IS DISTINCT FROM (NEW.audience, NEW.deleted_at))
    EXECUTE FUNCTION collections_lead();
"""

DOWN = r"""
DROP FUNCTION IF EXISTS collections_lead CASCADE;
DROP FUNCTION IF EXISTS documents_lead CASCADE;
DROP FUNCTION IF EXISTS chunks_follow CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
