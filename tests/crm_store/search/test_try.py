import asyncio, time
import pytest
from sqlalchemy import text
from crm_store.contacts.models import *
from crm_store.donors.models import *
from crm_store.gifts.testing import make_gift
async def test_try(house):
    async with house.begin() as crm:
        p = Person(given_name="Ruth", family_name="Cohen"); crm.session.add(p)
        a = Address(person_id=p.id, city="Athens"); crm.session.add(a)
        i = Identifier(person_id=p.id, kind=IdentifierKind.PHONE, value="x", normalised="+306912344417"); crm.session.add(i)
        i = Identifier(person_id=p.id, kind=IdentifierKind.EMAIL, value="x", normalised="ruth@cohen.gr"); crm.session.add(i)
        await crm.flush()
        d = Donor(name="Ruth Cohen", formal_salutation="", informal_salutation="", address_id=a.id); crm.session.add(d)
        crm.session.add(DonorPerson(donor_id=d.id, person_id=p.id, is_primary=True))
        await crm.flush()
        await make_gift(crm, d, 1000)
    async with house.begin() as crm:
        for r in await crm.session.execute(text("select * from search_entries")): print(r)
        print((await crm.session.execute(text("select count(*) from search_keys"))).scalar())
        for r in await crm.session.execute(text("select term, weight, kind from search_terms")): print(r)
        p = await crm.session.get(Person, (house.org_id, p.id)); p.family_name="Levi"
    async with house.begin() as crm:
        for r in await crm.session.execute(text("select label, terms from search_entries")): print(r)
        for r in await crm.session.execute(text("select term, weight, kind from search_terms")): print(r)
        t=time.perf_counter()
    for n in range(20):
        t=time.perf_counter()
        async with house.begin() as crm:
            await make_gift(crm, d, 10+n)
        print((time.perf_counter()-t)*1000)
