"""What the database itself does about orgs."""

from crm_store.migrating import run

revision = "0036_orgs_rules"
down_revision = "0035_leads_rules"
branch_labels = None
depends_on = None

UP = r"""
INSERT INTO features (key, name, description, is_default, sort_order) VALUES
    ('dashboard', 'Dashboard', 'The day at a glance.', true, 1),
    ('sales', 'Sales CRM', 'Leads, deals and pipelines.', true, 2),
    ('conversation', 'Conversations', 'Every channel in one place.', true, 3),
    ('ai_agent', 'AI Agent', 'The assistant, for staff and visitors.', true, 4),
    ('ticketing', 'Ticketing', 'Requests, their clocks and their answers.', false, 5),
    ('workflow', 'Workflow Automation', 'What happens by itself when something happens.', false, 6),
    ('campaign', 'Marketing Campaigns', 'Letters to many, approved and measured.', false, 7),
    ('reports', 'Reports & Analytics', 'Figures with their definitions.', false, 8);
"""

DOWN = r"""
DELETE FROM features;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
