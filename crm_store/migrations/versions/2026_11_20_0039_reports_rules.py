"""The views that reports read."""

from crm_store.migrating import run

revision = "0039_reports_rules"
down_revision = "0038_privacy_rules"
branch_labels = None
depends_on = None

UP = r"""
-- What the reporting role may read: the tables under their own names in a schema of their own, less
-- whatever names or reaches a donor, a person or a visitor, and less all free text. A few columns are
-- there for questions to mention but say nothing more than that something is on record. Views run as
-- the owner, whom row security binds too.
CREATE SCHEMA report;

CREATE VIEW report.orgs AS
    SELECT id, currency, timezone, fiscal_year_starts FROM orgs;
CREATE VIEW report.workspaces AS
    SELECT org_id, id, name FROM workspaces;
CREATE VIEW report.members AS
    SELECT org_id, id, name, workspace_id, manager_id, is_active, deleted_at FROM members;

CREATE VIEW report.custom_fields AS
    SELECT org_id, id, noun, name, label, type, options, is_required, is_active, sort_order,
           description, created_at, updated_at, created_by, updated_by
    FROM custom_fields;
-- Text only where it is one of the options the organisation has drawn up.
CREATE VIEW report.custom_values AS
    SELECT v.org_id, v.id, v.field_id, v.person_id, v.donor_id,
           CASE WHEN f.type = 'select' THEN v.text_value END AS text_value, v.number_value,
           v.date_value, v.bool_value, v.list_value
    FROM custom_values v
    JOIN custom_fields f ON f.org_id = v.org_id AND f.id = v.field_id;

CREATE VIEW report.people AS
    SELECT org_id, id, owner_id, workspace_id, household_id, language, is_deceased, category,
           lifecycle_stage, lead_source, lead_score, household_role, is_vip, is_active,
           do_not_contact, last_contacted_at, next_follow_up_at, project_id, merged_into_id,
           created_at, deleted_at
    FROM people;
CREATE VIEW report.companies AS
    SELECT org_id, id, owner_id, workspace_id, category, lifecycle_stage, company_type, industry,
           is_vip, is_active, do_not_contact, last_contacted_at, project_id, merged_into_id,
           created_at, deleted_at
    FROM companies;
CREATE VIEW report.households AS
    SELECT org_id, id, workspace_id, created_at, deleted_at FROM households;
CREATE VIEW report.addresses AS
    SELECT org_id, id, person_id, company_id, household_id, kind,
           CASE WHEN street IS NOT NULL THEN 'on record' END AS street, city, state, postal_code,
           country, city_key, is_primary
    FROM addresses;
CREATE VIEW report.identifiers AS
    SELECT org_id, id, person_id, company_id, kind, NULL::text AS normalised, is_primary,
           verified_at, bounced_at, deleted_at
    FROM identifiers;
CREATE VIEW report.tags AS
    SELECT org_id, id, name, name_key FROM tags;
CREATE VIEW report.taggings AS
    SELECT org_id, id, tag_id, person_id, company_id, household_id, donor_id, lead_id, deal_id
    FROM taggings;
CREATE VIEW report.activity_types AS
    SELECT org_id, id, name, kind FROM activity_types;
CREATE VIEW report.activities AS
    SELECT org_id, id, kind, type_id, direction, status, priority, at, due_at, completed_at,
           duration_minutes, person_id, company_id, donor_id, lead_id, deal_id, project_id,
           member_id, supervisor_id, workspace_id, created_at, deleted_at
    FROM activities;

CREATE VIEW report.donors AS
    SELECT org_id, id, owner_id, workspace_id, kind, status, company_id, household_id, address_id,
           city_key, journey_stage, stage_since, classification, capacity, external_source,
           language, is_anonymous, do_not_contact, do_not_solicit, contact_hold_until,
           last_contacted_at, next_follow_up_at, merged_into_id, created_at, deleted_at
    FROM donors;
CREATE VIEW report.donor_people AS
    SELECT org_id, id, donor_id, person_id, is_primary, left_at FROM donor_people;
CREATE VIEW report.journeys AS
    SELECT org_id, id, version, graph, is_active FROM journeys;
CREATE VIEW report.stage_changes AS
    SELECT org_id, id, donor_id, journey_id, from_stage, to_stage, at, member_id, was_forced,
           seconds_before
    FROM stage_changes;

CREATE VIEW report.funds AS
    SELECT org_id, id, name, code, is_restricted, is_active FROM funds;
CREATE VIEW report.projects AS
    SELECT org_id, id, name, target_amount, currency, starts_on, ends_on, status, workspace_id,
           deleted_at
    FROM projects;
CREATE VIEW report.appeals AS
    SELECT org_id, id, name, code, starts_on, ends_on, goal_amount, cost_amount, currency, fund_id,
           is_active
    FROM appeals;
CREATE VIEW report.gifts AS
    SELECT org_id, id, donor_id, amount, currency, received_on, method, refunded, fund_id,
           project_id, appeal_id, recurring_plan_id, instalment_id, is_tax_deductible,
           deductible_amount, is_anonymous, tribute_kind, outside_receipt_on, source, created_at,
           deleted_at
    FROM gifts;
CREATE VIEW report.refunds AS
    SELECT org_id, id, gift_id, amount, refunded_on, method, deleted_at FROM refunds;
CREATE VIEW report.soft_credits AS
    SELECT org_id, id, gift_id, person_id, donor_id, kind, amount FROM soft_credits;
CREATE VIEW report.giving_years AS
    SELECT org_id, donor_id, fiscal_year, currency, gifts, total, largest, first_on, first_amount,
           last_on, last_amount
    FROM giving_years;
CREATE VIEW report.donor_giving AS
    SELECT org_id, donor_id, currency, gifts, total, largest, first_on, first_amount, last_on,
           last_amount
    FROM donor_giving;
CREATE VIEW report.recurring_plans AS
    SELECT org_id, id, donor_id, amount, currency, frequency, method, starts_on, ends_on,
           expected_from, expected_until, next_on, status, fund_id, project_id, appeal_id,
           created_at
    FROM recurring_plans;
CREATE VIEW report.expected_gifts AS
    SELECT org_id, id, plan_id, due_on, amount, currency, status, gift_id FROM expected_gifts;
CREATE VIEW report.pledges AS
    SELECT org_id, id, donor_id, amount, currency, pledged_on, status, paid, written_off, fund_id,
           project_id, appeal_id, created_at, deleted_at
    FROM pledges;
CREATE VIEW report.instalments AS
    SELECT org_id, id, pledge_id, number, due_on, amount, paid, written_off, status
    FROM instalments;
CREATE VIEW report.receipts AS
    SELECT org_id, id, donor_id, kind, year, issued_on, language, replaces_id, copies, sent_at,
           voided_at
    FROM receipts;
CREATE VIEW report.receipt_gifts AS
    SELECT org_id, id, receipt_id, gift_id, received_on, amount, deductible_amount, currency,
           method, is_void
    FROM receipt_gifts;

CREATE VIEW report.leads AS
    SELECT org_id, id, owner_id, workspace_id, source, status, closed_at, score, scored_at,
           expected_value, currency, stage_id, project_id, created_at, deleted_at
    FROM leads;
CREATE VIEW report.lead_conversions AS
    SELECT org_id, id, lead_id, person_id, company_id, donor_id, deal_id, converted_at, undone_at
    FROM lead_conversions;

CREATE VIEW report.pipelines AS
    SELECT org_id, id, name, is_default, is_active, workspace_id, project_id FROM pipelines;
CREATE VIEW report.stages AS
    SELECT org_id, id, pipeline_id, name, position, probability, kind FROM stages;
CREATE VIEW report.products AS
    SELECT org_id, id, name, category_id FROM products;
CREATE VIEW report.deals AS
    SELECT org_id, id, owner_id, workspace_id, value, currency, probability, status, stage_id,
           stage_since, expected_close_on, closed_at, person_id, company_id, donor_id, product_id,
           quantity, project_id, created_at, deleted_at
    FROM deals;

CREATE VIEW report.tickets AS
    SELECT org_id, id, owner_id, workspace_id, status, priority, channel, person_id, company_id,
           conversation_id, merged_into_id, sla_policy_id, first_response_minutes,
           first_response_due_at, first_response_left, first_responded_at, resolution_minutes,
           resolution_due_at, resolution_left, solved_at, closed_at, reopened_count, escalated_at,
           created_at, deleted_at
    FROM tickets;

CREATE VIEW report.tasks AS
    SELECT org_id, id, owner_id, workspace_id, type, status, priority, due_at, is_all_day,
           completed_at, completed_by_id, is_ai_generated, donor_id, person_id, company_id,
           project_id, lead_id, deal_id, ticket_id, created_at, deleted_at
    FROM tasks;

CREATE VIEW report.conversations AS
    SELECT org_id, id, owner_id, workspace_id, channel, status, handling, person_id, visitor_id,
           assistant_id, language, message_count, last_message_at, last_inbound_at, resolved_at,
           rating, created_at
    FROM conversations;

CREATE VIEW report.campaigns AS
    SELECT org_id, id, name, channel, purpose, status, segment_id, appeal_id, workspace_id,
           sender_id, started_at, sent_at
    FROM campaigns;
CREATE VIEW report.campaign_recipients AS
    SELECT org_id, id, campaign_id, person_id, donor_id, household_id, state, language, accepted_at
    FROM campaign_recipients;
CREATE VIEW report.deliveries AS
    SELECT org_id, id, outbox_id, campaign_recipient_id, fence, campaign_id, sequence_id, person_id,
           donor_id, channel, purpose, status, queued_at, sent_at, delivered_at, bounced_at,
           bounce_kind, failed_at
    FROM deliveries;
CREATE VIEW report.tracking_events AS
    SELECT org_id, id, kind, delivery_id, campaign_id, person_id, at, is_machine
    FROM tracking_events;

CREATE VIEW report.consents AS
    SELECT org_id, id, person_id, purpose, channel, state, covers_household, at, expires_at,
           NULL::text AS text_version, NULL::text AS text, source, NULL::text AS proof, member_id,
           created_at, updated_at, created_by, updated_by
    FROM consents;
-- Whoever an address was written down for, and whoever else answers to it.
CREATE VIEW report.suppressions AS
    SELECT org_id, id, channel, NULL::text AS address, reason, person_id, at, lifted_at
    FROM suppressions WHERE person_id IS NOT NULL
    UNION ALL
    SELECT s.org_id, s.id, s.channel, NULL::text, s.reason, i.person_id, s.at, s.lifted_at
    FROM suppressions s
    JOIN identifiers i ON i.org_id = s.org_id AND i.normalised = s.address
    WHERE i.deleted_at IS NULL AND i.person_id IS NOT NULL;

CREATE VIEW report.segments AS
    SELECT org_id, id, name, description, kind, subject, filter, count, refreshed_at, created_at,
           updated_at, created_by, updated_by, deleted_at
    FROM segments;
CREATE VIEW report.segment_members AS
    SELECT org_id, id, segment_id, donor_id, person_id FROM segment_members;

GRANT USAGE ON SCHEMA report TO almoner_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA report TO almoner_reader;
"""

DOWN = r"""
DROP VIEW IF EXISTS report.orgs CASCADE;
DROP VIEW IF EXISTS report.workspaces CASCADE;
DROP VIEW IF EXISTS report.members CASCADE;
DROP VIEW IF EXISTS report.custom_fields CASCADE;
DROP VIEW IF EXISTS report.custom_values CASCADE;
DROP VIEW IF EXISTS report.people CASCADE;
DROP VIEW IF EXISTS report.companies CASCADE;
DROP VIEW IF EXISTS report.households CASCADE;
DROP VIEW IF EXISTS report.addresses CASCADE;
DROP VIEW IF EXISTS report.identifiers CASCADE;
DROP VIEW IF EXISTS report.tags CASCADE;
DROP VIEW IF EXISTS report.taggings CASCADE;
DROP VIEW IF EXISTS report.activity_types CASCADE;
DROP VIEW IF EXISTS report.activities CASCADE;
DROP VIEW IF EXISTS report.donors CASCADE;
DROP VIEW IF EXISTS report.donor_people CASCADE;
DROP VIEW IF EXISTS report.journeys CASCADE;
DROP VIEW IF EXISTS report.stage_changes CASCADE;
DROP VIEW IF EXISTS report.funds CASCADE;
DROP VIEW IF EXISTS report.projects CASCADE;
DROP VIEW IF EXISTS report.appeals CASCADE;
DROP VIEW IF EXISTS report.gifts CASCADE;
DROP VIEW IF EXISTS report.refunds CASCADE;
DROP VIEW IF EXISTS report.soft_credits CASCADE;
DROP VIEW IF EXISTS report.giving_years CASCADE;
DROP VIEW IF EXISTS report.donor_giving CASCADE;
DROP VIEW IF EXISTS report.recurring_plans CASCADE;
DROP VIEW IF EXISTS report.expected_gifts CASCADE;
DROP VIEW IF EXISTS report.pledges CASCADE;
DROP VIEW IF EXISTS report.instalments CASCADE;
DROP VIEW IF EXISTS report.receipts CASCADE;
DROP VIEW IF EXISTS report.receipt_gifts CASCADE;
DROP VIEW IF EXISTS report.leads CASCADE;
DROP VIEW IF EXISTS report.lead_conversions CASCADE;
DROP VIEW IF EXISTS report.pipelines CASCADE;
DROP VIEW IF EXISTS report.stages CASCADE;
DROP VIEW IF EXISTS report.products CASCADE;
DROP VIEW IF EXISTS report.deals CASCADE;
DROP VIEW IF EXISTS report.tickets CASCADE;
DROP VIEW IF EXISTS report.tasks CASCADE;
DROP VIEW IF EXISTS report.conversations CASCADE;
DROP VIEW IF EXISTS report.campaigns CASCADE;
DROP VIEW IF EXISTS report.campaign_recipients CASCADE;
DROP VIEW IF EXISTS report.deliveries CASCADE;
DROP VIEW IF EXISTS report.tracking_events CASCADE;
DROP VIEW IF EXISTS report.consents CASCADE;
DROP VIEW IF EXISTS report.suppressions CASCADE;
DROP VIEW IF EXISTS report.segments CASCADE;
DROP VIEW IF EXISTS report.segment_members CASCADE;
DROP SCHEMA IF EXISTS report CASCADE;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
