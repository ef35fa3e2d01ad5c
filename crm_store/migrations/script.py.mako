"""${message}"""

from crm_store.migrating import run

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None

UP = """
"""

DOWN = """
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
