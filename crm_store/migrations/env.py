"""Runs the migrations on the connection that `crm_store.migrating` opened."""

from alembic import context

from crm_store.base import Base
from crm_store.schema import load_models

load_models()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
