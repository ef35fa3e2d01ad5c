"""Who may read what: a passage is shown to its collection's audience once published."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from crm_store.actor import Actor
from crm_store.base import new_id
from crm_store.errors import Invalid, NotFound, Refused
from crm_store.knowledge.actions import (
    NothingToShow,
    Passage,
    change_audience,
    create_collection,
    cut_document,
    delete_document,
    embed_chunks,
    publish_document,
    put_document,
    withdraw_document,
)
from crm_store.knowledge.models import DIMENSIONS, Audience, Chunk, Document, DocumentStatus
from crm_store.knowledge.testing import make_document
from crm_store.knowledge.views import ChunkView, CollectionView, DocumentView


def _visitor(house):
    return Actor.visitor(house.org_id, new_id(), {"knowledge:read"})


async def _read_by_visitor(house):
    """What the visitor's own database role sees, asked past the repository."""
    async with house.store.begin(_visitor(house)) as crm:
        return set(await crm.session.scalars(select(Chunk.passage)))


async def test_an_organisation_begins_with_a_shelf_for_all_and_one_for_staff(crm):
    shelves = {shelf.name: shelf.audience for shelf in await crm.collections.all()}
    assert shelves == {"Public": "public", "Staff": "staff"}


async def test_visitors_read_only_what_is_published_for_all(house, neighbour):
    async with house.begin() as crm:
        await make_document(crm, "Giving", "Bank transfer.")
        await make_document(crm, "Draft", "Not yet.", published=False)
        await make_document(crm, "Salaries", "Among ourselves.", audience=Audience.STAFF)
    async with neighbour.begin() as crm:
        await make_document(crm, "Theirs", "Elsewhere.")
    assert await _read_by_visitor(house) == {"Bank transfer."}
    async with house.store.begin(_visitor(house)) as crm:
        assert [chunk.passage for chunk in await crm.chunks.all()] == ["Bank transfer."]


async def test_what_is_withdrawn_deleted_or_kept_among_staff_is_gone_at_once(house):
    async with house.begin() as crm:
        one = await make_document(crm, "One", "1")
        two = await make_document(crm, "Two", "2")
        await make_document(crm, "Three", "3")
    assert await _read_by_visitor(house) == {"1", "2", "3"}
    async with house.begin() as crm:
        await withdraw_document(crm, one.id)
    assert await _read_by_visitor(house) == {"2", "3"}
    async with house.begin() as crm:
        await delete_document(crm, two.id)
    assert await _read_by_visitor(house) == {"3"}
    async with house.begin() as crm:
        await change_audience(crm, one.collection_id, Audience.STAFF)
    assert await _read_by_visitor(house) == set()


async def test_a_bulk_statement_cannot_make_a_passage_public(house):
    async with house.begin() as crm:
        await make_document(crm, "Salaries", "Secret.", audience=Audience.STAFF)
    async with house.begin() as crm:
        await crm.session.execute(update(Chunk).values(audience="public", is_published=True))
    assert await _read_by_visitor(house) == set()


@pytest.mark.parametrize("table", ["documents", "collections", "crawl_sources"])
async def test_visitors_have_no_business_with_the_shelves_themselves(house, table):
    with pytest.raises(DBAPIError, match="permission denied"):
        async with house.store.begin(_visitor(house)) as crm:
            await crm.session.execute(text(f"SELECT 1 FROM {table}"))


async def test_visitors_write_nothing(house):
    async with house.begin() as crm:
        document = await make_document(crm)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with house.store.begin(_visitor(house)) as crm:
            await crm.session.execute(text("DELETE FROM chunks"))
    with pytest.raises(Refused):
        async with house.store.begin(_visitor(house)) as crm:
            await cut_document(crm, document.id, [])


async def test_the_same_address_is_the_same_document(crm):
    shelf = await crm.collections.by_name("Public")
    first = await put_document(crm, shelf.id, "Home", "v1", source_url="https://a.example/")
    await cut_document(crm, first.id, [Passage("v1", 1)])
    await publish_document(crm, first.id)
    again = await put_document(crm, shelf.id, "Home", "v1", source_url="https://a.example/")
    assert (again.id, again.status) == (first.id, DocumentStatus.PUBLISHED)
    assert len(await crm.chunks.of_document(first.id)) == 1
    newer = await put_document(crm, shelf.id, "Home", "v2", source_url="https://a.example/")
    assert (newer.id, newer.status) == (first.id, DocumentStatus.DRAFT)
    assert await crm.chunks.of_document(first.id) == []


async def test_the_same_words_are_the_same_document(crm):
    shelf = await crm.collections.by_name("Public")
    first = await put_document(crm, shelf.id, "FAQ", "Ερώτηση 🙂")
    assert (await put_document(crm, shelf.id, "FAQ again", "Ερώτηση 🙂")).id == first.id
    assert await crm.documents.count() == 1


async def test_a_deleted_address_may_come_back(crm):
    shelf = await crm.collections.by_name("Public")
    first = await put_document(crm, shelf.id, "Home", "v1", source_url="https://a.example/")
    await delete_document(crm, first.id)
    second = await put_document(crm, shelf.id, "Home", "v1", source_url="https://a.example/")
    assert second.id != first.id


async def test_a_renamed_document_is_cited_by_its_new_name(crm):
    document = await make_document(crm, "Old", "words")
    await put_document(crm, document.collection_id, "New", "words")
    [chunk] = await crm.chunks.of_document(document.id)
    await crm.session.refresh(chunk)
    assert ChunkView.of(chunk).title == "New"


async def test_passages_keep_their_order_and_replace_each_other(crm):
    document = await make_document(crm, "Long", "x")
    passages = [Passage(f"part {n}", 2, ("Top", f"§{n}"), "el") for n in range(30)]
    chunks = await cut_document(crm, document.id, passages)
    assert [chunk.passage for chunk in chunks] == [f"part {n}" for n in range(30)]
    assert chunks[3].heading_path == ["Top", "§3"]
    assert chunks[0].is_published


@pytest.mark.parametrize("passage", ["", "x" * 20_001])
async def test_a_passage_is_neither_empty_nor_endless(crm, passage):
    document = await make_document(crm)
    with pytest.raises(Invalid, match="A passage has 1 to 20000 characters"):
        await cut_document(crm, document.id, [Passage(passage, 1)])


async def test_there_is_nothing_to_publish_without_passages(crm):
    shelf = await crm.collections.by_name("Public")
    document = await put_document(crm, shelf.id, "Empty", "")
    with pytest.raises(NothingToShow):
        await publish_document(crm, document.id)


async def test_words_of_the_title_and_the_passage_can_be_searched(crm):
    document = await make_document(crm, "Δωρεές", "שלום world")
    for word, found in (("δωρεές", 1), ("שלום", 1), ("World", 1), ("nothing", 0)):
        query = crm.chunks.rows().where(
            Chunk.document_id == document.id,
            Chunk.words.op("@@")(text("plainto_tsquery('simple', :word)").bindparams(word=word)),
        )
        assert await crm.chunks.count(query) == found


async def test_passages_are_embedded_once_by_each_model(crm):
    document = await make_document(crm)
    [chunk] = await crm.chunks.without_embedding("small")
    vector = [n / DIMENSIONS for n in range(DIMENSIONS)]
    assert await embed_chunks(crm, "small", {chunk.id: vector}) == 1
    assert await crm.chunks.without_embedding("small") == []
    assert len(await crm.chunks.without_embedding("large")) == 1
    nearest = crm.chunks.rows().order_by(Chunk.embedding.cosine_distance(vector))
    assert (await crm.chunks.first(nearest)).document_id == document.id


async def test_an_embedding_has_the_length_there_is_room_for(crm):
    with pytest.raises(Invalid, match="512 numbers"):
        await embed_chunks(crm, "small", {new_id(): [1.0]})


async def test_a_foreign_shelf_is_as_good_as_missing(house, neighbour):
    async with neighbour.begin() as crm:
        shelf = await create_collection(crm, "Ours", Audience.STAFF)
    async with house.begin() as crm:
        with pytest.raises(NotFound, match=r"There is no such collection\."):
            await put_document(crm, shelf.id, "x", "y")
        assert await crm.documents.count() == 0


async def test_views_leave_the_words_and_the_vectors_behind(crm):
    document: Document = await make_document(crm)
    assert "content" not in DocumentView.of(document).model_dump()
    [chunk] = await crm.chunks.of_document(document.id)
    assert "embedding" not in ChunkView.of(chunk).model_dump()
    assert CollectionView.of(await crm.collections.by_name("Public")).audience == "public"
