"""Collections, documents and chunks."""

from crm_store.migrating import run

revision = "0017_knowledge"
down_revision = "0016_research"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE collections (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    audience VARCHAR(40) NOT NULL,
    workspace_id UUID,
    settings JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_collections PRIMARY KEY (org_id, id),
    CONSTRAINT ck_collections_audience_known CHECK (audience IN ('public', 'staff'))
);
CREATE INDEX ix_collections_org_id_workspace_id ON collections (org_id, workspace_id);
CREATE UNIQUE INDEX uq_collections_org_id_name ON collections (org_id, name) WHERE deleted_at IS NULL;

CREATE TABLE crawl_sources (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    collection_id UUID NOT NULL,
    url TEXT NOT NULL,
    every VARCHAR(40),
    depth INTEGER NOT NULL,
    page_limit INTEGER NOT NULL,
    include TEXT[] NOT NULL,
    exclude TEXT[] NOT NULL,
    status VARCHAR(40) NOT NULL,
    is_active BOOLEAN NOT NULL,
    last_crawled_at TIMESTAMP WITH TIME ZONE,
    next_crawl_at TIMESTAMP WITH TIME ZONE,
    robots TEXT,
    robots_read_at TIMESTAMP WITH TIME ZONE,
    pages_found INTEGER NOT NULL,
    error TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_crawl_sources PRIMARY KEY (org_id, id),
    CONSTRAINT uq_crawl_sources_org_id_collection_id_url UNIQUE (org_id, collection_id, url),
    CONSTRAINT ck_crawl_sources_every_known CHECK (every IN ('day', 'week', 'month')),
    CONSTRAINT ck_crawl_sources_status_known CHECK (status IN ('idle', 'queued', 'crawling', 'failed'))
);
CREATE INDEX ix_crawl_sources_org_id_next_crawl_at ON crawl_sources (org_id, next_crawl_at);
COMMENT ON COLUMN crawl_sources.every IS 'None: when somebody asks.';
COMMENT ON COLUMN crawl_sources.include IS 'Path prefixes; all if none.';
COMMENT ON COLUMN crawl_sources.exclude IS 'Path prefixes.';
COMMENT ON COLUMN crawl_sources.robots IS 'robots.txt as last read.';

CREATE TABLE documents (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    collection_id UUID NOT NULL,
    crawl_source_id UUID,
    kind VARCHAR(40) NOT NULL,
    title TEXT NOT NULL,
    description TEXT,
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    language TEXT,
    mime_type TEXT,
    status VARCHAR(40) NOT NULL,
    source_url TEXT,
    item_count INTEGER,
    last_synced_at TIMESTAMP WITH TIME ZONE,
    published_at TIMESTAMP WITH TIME ZONE,
    metadata JSONB NOT NULL,
    error TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_documents PRIMARY KEY (org_id, id),
    CONSTRAINT ck_documents_kind_known CHECK (kind IN ('page', 'file', 'text', 'faq', 'products', 'projects', 'note')),
    CONSTRAINT ck_documents_status_known CHECK (status IN ('draft', 'published', 'archived', 'failed'))
);
CREATE INDEX ix_documents_org_id_collection_id ON documents (org_id, collection_id, status);
CREATE INDEX ix_documents_org_id_content_hash ON documents (org_id, content_hash);
CREATE INDEX ix_documents_org_id_crawl_source_id ON documents (org_id, crawl_source_id);
CREATE UNIQUE INDEX uq_documents_org_id_source_url ON documents (org_id, collection_id, source_url) WHERE deleted_at IS NULL;
COMMENT ON COLUMN documents.content_hash IS 'SHA-256 of the content, in hex.';
COMMENT ON COLUMN documents.language IS 'ISO 639-1.';
COMMENT ON COLUMN documents.item_count IS 'Entries of a list, such as products.';

CREATE TABLE chunks (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    document_id UUID NOT NULL,
    collection_id UUID NOT NULL,
    position INTEGER NOT NULL,
    passage TEXT NOT NULL,
    heading_path TEXT[] NOT NULL,
    language TEXT,
    tokens INTEGER NOT NULL,
    audience VARCHAR(40) NOT NULL,
    is_published BOOLEAN NOT NULL,
    title TEXT NOT NULL,
    source_url TEXT,
    words TSVECTOR GENERATED ALWAYS AS (setweight(to_tsvector('simple'::regconfig, title), 'A') || to_tsvector('simple'::regconfig, passage)) STORED NOT NULL,
    embedding HALFVEC(512),
    embedder TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_chunks PRIMARY KEY (org_id, id),
    CONSTRAINT uq_chunks_org_id_document_id_position UNIQUE (org_id, document_id, position),
    CONSTRAINT ck_chunks_embedder_is_named CHECK ((embedding IS NULL) = (embedder IS NULL)),
    CONSTRAINT ck_chunks_is_a_passage CHECK (char_length(passage) BETWEEN 1 AND 20000),
    CONSTRAINT ck_chunks_audience_known CHECK (audience IN ('public', 'staff'))
);
CREATE INDEX ix_chunks_org_id_collection_id ON chunks (org_id, collection_id);
CREATE INDEX ix_chunks_org_id_is_published ON chunks (org_id, audience, is_published);
COMMENT ON COLUMN chunks.audience IS 'Its collection''s.';
COMMENT ON COLUMN chunks.is_published IS 'Its document''s status.';
COMMENT ON COLUMN chunks.title IS 'Its document''s.';
COMMENT ON COLUMN chunks.source_url IS 'Its document''s.';
COMMENT ON COLUMN chunks.embedder IS 'Which model made the embedding; vectors of different models do not compare.';
"""

DOWN = r"""
DROP TABLE chunks;
DROP TABLE documents;
DROP TABLE crawl_sources;
DROP TABLE collections;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
