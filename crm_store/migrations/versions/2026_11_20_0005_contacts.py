"""People, companies, households and what is said of them."""

from crm_store.migrating import run

revision = "0005_contacts"
down_revision = "0004_audit"
branch_labels = None
depends_on = None

UP = r"""
CREATE TABLE tags (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    color TEXT NOT NULL,
    description TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_tags PRIMARY KEY (org_id, id),
    CONSTRAINT uq_tags_org_id_name_key UNIQUE (org_id, name_key)
);
COMMENT ON COLUMN tags.name_key IS 'Folded: the same word is one tag.';

CREATE TABLE households (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    salutation TEXT,
    workspace_id UUID,
    merged_into_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_households PRIMARY KEY (org_id, id)
);
CREATE INDEX ix_households_org_id_merged_into_id ON households (org_id, merged_into_id);
CREATE INDEX ix_households_org_id_name_key ON households (org_id, name_key);
CREATE INDEX ix_households_org_id_workspace_id ON households (org_id, workspace_id);
COMMENT ON COLUMN households.name_key IS 'Folded, for finding and sorting.';

CREATE TABLE activity_types (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    kind VARCHAR(40) NOT NULL,
    icon TEXT,
    color TEXT,
    is_active BOOLEAN NOT NULL,
    workspace_id UUID,
    project_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_activity_types PRIMARY KEY (org_id, id),
    CONSTRAINT uq_activity_types_org_id_name UNIQUE (org_id, name),
    CONSTRAINT ck_activity_types_kind_known CHECK (kind IN ('call', 'meeting', 'visit', 'email_sent', 'email_opened', 'text', 'whatsapp', 'letter', 'event', 'note', 'task', 'follow_up', 'status_change', 'tag_added', 'other'))
);
CREATE INDEX ix_activity_types_org_id_project_id ON activity_types (org_id, project_id);
CREATE INDEX ix_activity_types_org_id_workspace_id ON activity_types (org_id, workspace_id);

CREATE TABLE companies (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    legal_name TEXT,
    company_type TEXT,
    industry TEXT,
    domain TEXT,
    employee_count TEXT,
    annual_revenue NUMERIC(18, 4),
    description TEXT,
    logo_url TEXT,
    parent_id UUID,
    merged_into_id UUID,
    afm TEXT,
    doy TEXT,
    gemh TEXT,
    activity_code TEXT,
    legal_form TEXT,
    category VARCHAR(40),
    lifecycle_stage VARCHAR(40),
    lead_source TEXT,
    lead_score INTEGER NOT NULL,
    revenue NUMERIC(18, 4),
    credit_limit NUMERIC(18, 4),
    currency TEXT,
    payment_terms TEXT,
    website TEXT,
    is_vip BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    last_contacted_at TIMESTAMP WITH TIME ZONE,
    next_follow_up_at TIMESTAMP WITH TIME ZONE,
    do_not_contact BOOLEAN NOT NULL,
    do_not_contact_reason TEXT,
    project_id UUID,
    owner_id UUID,
    workspace_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_companies PRIMARY KEY (org_id, id),
    CONSTRAINT ck_companies_category_known CHECK (category IN ('retail', 'wholesale', 'fleet', 'garage', 'vip', 'premium', 'standard', 'basic')),
    CONSTRAINT ck_companies_lifecycle_stage_known CHECK (lifecycle_stage IN ('new', 'lead', 'prospect', 'contacted', 'engaged', 'qualified', 'opportunity', 'customer', 'churned'))
);
CREATE INDEX ix_companies_org_id_afm ON companies (org_id, afm);
CREATE INDEX ix_companies_org_id_domain ON companies (org_id, domain);
CREATE INDEX ix_companies_org_id_merged_into_id ON companies (org_id, merged_into_id);
CREATE INDEX ix_companies_org_id_name_key_id ON companies (org_id, name_key, id);
CREATE INDEX ix_companies_org_id_owner_id ON companies (org_id, owner_id);
CREATE INDEX ix_companies_org_id_parent_id ON companies (org_id, parent_id);
CREATE INDEX ix_companies_org_id_project_id ON companies (org_id, project_id);
CREATE INDEX ix_companies_org_id_workspace_id ON companies (org_id, workspace_id);
COMMENT ON COLUMN companies.name_key IS 'Folded, without the legal form.';
COMMENT ON COLUMN companies.domain IS 'Lower case, without www.';
COMMENT ON COLUMN companies.employee_count IS 'A number or a band, as in 51-200.';
COMMENT ON COLUMN companies.afm IS 'Greek tax number.';
COMMENT ON COLUMN companies.doy IS 'Greek tax office.';
COMMENT ON COLUMN companies.gemh IS 'Greek business registry number.';
COMMENT ON COLUMN companies.activity_code IS 'Greek activity code (KAD).';

CREATE TABLE people (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    given_name TEXT,
    middle_name TEXT,
    family_name TEXT,
    prefix TEXT,
    suffix TEXT,
    nickname TEXT,
    given_key TEXT COLLATE "C" NOT NULL,
    family_key TEXT COLLATE "C" NOT NULL,
    sound_key TEXT COLLATE "C" NOT NULL,
    birthday DATE,
    birthday_key INTEGER GENERATED ALWAYS AS ((extract(month FROM birthday) * 100 + extract(day FROM birthday))::int) STORED,
    gender TEXT,
    pronouns TEXT,
    language TEXT,
    timezone TEXT,
    is_deceased BOOLEAN NOT NULL,
    died_on DATE,
    avatar_url TEXT,
    household_id UUID,
    household_role VARCHAR(40),
    supervisor_id UUID,
    merged_into_id UUID,
    afm TEXT,
    doy TEXT,
    gemh TEXT,
    activity_code TEXT,
    legal_form TEXT,
    category VARCHAR(40),
    lifecycle_stage VARCHAR(40),
    lead_source TEXT,
    lead_score INTEGER NOT NULL,
    revenue NUMERIC(18, 4),
    credit_limit NUMERIC(18, 4),
    currency TEXT,
    payment_terms TEXT,
    website TEXT,
    is_vip BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    last_contacted_at TIMESTAMP WITH TIME ZONE,
    next_follow_up_at TIMESTAMP WITH TIME ZONE,
    do_not_contact BOOLEAN NOT NULL,
    do_not_contact_reason TEXT,
    project_id UUID,
    owner_id UUID,
    workspace_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_people PRIMARY KEY (org_id, id),
    CONSTRAINT ck_people_household_role_known CHECK (household_role IN ('head', 'partner', 'child', 'other')),
    CONSTRAINT ck_people_category_known CHECK (category IN ('retail', 'wholesale', 'fleet', 'garage', 'vip', 'premium', 'standard', 'basic')),
    CONSTRAINT ck_people_lifecycle_stage_known CHECK (lifecycle_stage IN ('new', 'lead', 'prospect', 'contacted', 'engaged', 'qualified', 'opportunity', 'customer', 'churned'))
);
CREATE INDEX ix_people_name ON people (org_id, family_key, given_key, id) WHERE deleted_at IS NULL;
CREATE INDEX ix_people_org_id_afm ON people (org_id, afm) WHERE afm IS NOT NULL;
CREATE INDEX ix_people_org_id_birthday_key ON people (org_id, birthday_key);
CREATE INDEX ix_people_org_id_household_id ON people (org_id, household_id);
CREATE INDEX ix_people_org_id_merged_into_id ON people (org_id, merged_into_id);
CREATE INDEX ix_people_org_id_owner_id ON people (org_id, owner_id);
CREATE INDEX ix_people_org_id_project_id ON people (org_id, project_id);
CREATE INDEX ix_people_org_id_sound_key ON people (org_id, sound_key);
CREATE INDEX ix_people_org_id_supervisor_id ON people (org_id, supervisor_id);
CREATE INDEX ix_people_org_id_workspace_id ON people (org_id, workspace_id);
COMMENT ON COLUMN people.given_key IS 'Folded, for finding and sorting.';
COMMENT ON COLUMN people.family_key IS 'Folded, for finding and sorting.';
COMMENT ON COLUMN people.sound_key IS 'How the name sounds, in any order.';
COMMENT ON COLUMN people.birthday_key IS 'Month and day, as in 1224.';
COMMENT ON COLUMN people.language IS 'To be written to in, as in el or he.';
COMMENT ON COLUMN people.timezone IS 'IANA; where none is known, ours.';
COMMENT ON COLUMN people.afm IS 'Greek tax number.';
COMMENT ON COLUMN people.doy IS 'Greek tax office.';
COMMENT ON COLUMN people.gemh IS 'Greek business registry number.';
COMMENT ON COLUMN people.activity_code IS 'Greek activity code (KAD).';

CREATE TABLE addresses (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    person_id UUID,
    company_id UUID,
    household_id UUID,
    kind VARCHAR(40) NOT NULL,
    street TEXT,
    street_2 TEXT,
    city TEXT,
    state TEXT,
    postal_code TEXT,
    country TEXT,
    city_key TEXT COLLATE "C" NOT NULL,
    place_key TEXT COLLATE "C" NOT NULL,
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    geocoded_at TIMESTAMP WITH TIME ZONE,
    is_primary BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_addresses PRIMARY KEY (org_id, id),
    CONSTRAINT ck_addresses_one_bearer CHECK (num_nonnulls(person_id, company_id, household_id) = 1),
    CONSTRAINT ck_addresses_kind_known CHECK (kind IN ('home', 'work', 'mailing', 'billing', 'other'))
);
CREATE INDEX ix_addresses_org_id_city_key ON addresses (org_id, city_key);
CREATE INDEX ix_addresses_org_id_company_id ON addresses (org_id, company_id);
CREATE INDEX ix_addresses_org_id_household_id ON addresses (org_id, household_id);
CREATE INDEX ix_addresses_org_id_latitude_longitude ON addresses (org_id, latitude, longitude) WHERE latitude IS NOT NULL;
CREATE INDEX ix_addresses_org_id_person_id ON addresses (org_id, person_id);
CREATE INDEX ix_addresses_org_id_place_key ON addresses (org_id, place_key);
CREATE UNIQUE INDEX uq_addresses_primary ON addresses (org_id, person_id, company_id, household_id) NULLS NOT DISTINCT WHERE is_primary;
COMMENT ON COLUMN addresses.country IS 'Two letters, ISO 3166.';
COMMENT ON COLUMN addresses.city_key IS 'Folded, for finding.';
COMMENT ON COLUMN addresses.place_key IS 'Street and postal code, folded.';

CREATE TABLE employments (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    person_id UUID NOT NULL,
    company_id UUID,
    title TEXT,
    department TEXT,
    is_primary BOOLEAN NOT NULL,
    started_on DATE,
    ended_on DATE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_employments PRIMARY KEY (org_id, id)
);
CREATE INDEX ix_employments_org_id_company_id ON employments (org_id, company_id);
CREATE INDEX ix_employments_org_id_person_id ON employments (org_id, person_id);
CREATE UNIQUE INDEX uq_employments_primary ON employments (org_id, person_id) WHERE is_primary;

CREATE TABLE identifiers (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    person_id UUID,
    company_id UUID,
    visitor_id UUID,
    kind VARCHAR(40) NOT NULL,
    source TEXT NOT NULL,
    value TEXT NOT NULL,
    normalised TEXT COLLATE "C" NOT NULL,
    tail TEXT COLLATE "C" GENERATED ALWAYS AS (CASE WHEN kind IN ('phone', 'whatsapp') THEN right(split_part(normalised, ';', 1), 7) END) STORED,
    label TEXT,
    is_primary BOOLEAN NOT NULL,
    is_shared BOOLEAN NOT NULL,
    verified_at TIMESTAMP WITH TIME ZONE,
    bounced_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_identifiers PRIMARY KEY (org_id, id),
    CONSTRAINT ck_identifiers_one_bearer CHECK (num_nonnulls(person_id, company_id) = 1),
    CONSTRAINT ck_identifiers_visitor_known CHECK ((kind = 'visitor') = (visitor_id IS NOT NULL)),
    CONSTRAINT ck_identifiers_source_named CHECK ((kind = 'external') = (source <> '')),
    CONSTRAINT ck_identifiers_kind_known CHECK (kind IN ('email', 'phone', 'fax', 'whatsapp', 'whatsapp_user', 'visitor', 'external', 'linkedin', 'twitter'))
);
CREATE INDEX ix_identifiers_org_id_company_id ON identifiers (org_id, company_id);
CREATE INDEX ix_identifiers_org_id_normalised ON identifiers (org_id, normalised);
CREATE INDEX ix_identifiers_org_id_person_id ON identifiers (org_id, person_id);
CREATE INDEX ix_identifiers_org_id_tail ON identifiers (org_id, tail) WHERE tail IS NOT NULL;
CREATE INDEX ix_identifiers_org_id_visitor_id ON identifiers (org_id, visitor_id);
CREATE UNIQUE INDEX uq_identifiers_company ON identifiers (org_id, company_id, kind, normalised, source) WHERE deleted_at IS NULL AND company_id IS NOT NULL;
CREATE UNIQUE INDEX uq_identifiers_one_bearer ON identifiers (org_id, kind, normalised, source) WHERE deleted_at IS NULL AND NOT is_shared AND kind <> 'fax';
CREATE UNIQUE INDEX uq_identifiers_person ON identifiers (org_id, person_id, kind, normalised, source) WHERE deleted_at IS NULL AND person_id IS NOT NULL;
CREATE UNIQUE INDEX uq_identifiers_primary_of_company ON identifiers (org_id, company_id, kind) WHERE deleted_at IS NULL AND is_primary AND company_id IS NOT NULL;
CREATE UNIQUE INDEX uq_identifiers_primary_of_person ON identifiers (org_id, person_id, kind) WHERE deleted_at IS NULL AND is_primary AND person_id IS NOT NULL;
COMMENT ON COLUMN identifiers.source IS 'Whose id an external id is.';
COMMENT ON COLUMN identifiers.value IS 'As it was given.';
COMMENT ON COLUMN identifiers.tail IS 'The last seven digits of a number.';
COMMENT ON COLUMN identifiers.label IS 'As in home, work, mobile.';
COMMENT ON COLUMN identifiers.is_shared IS 'Several people answer to it.';
COMMENT ON COLUMN identifiers.bounced_at IS 'It no longer reaches anybody.';

CREATE TABLE images (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    person_id UUID,
    company_id UUID,
    donor_id UUID,
    kind VARCHAR(40) NOT NULL,
    url TEXT NOT NULL,
    filename TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_images PRIMARY KEY (org_id, id),
    CONSTRAINT ck_images_one_noun CHECK (num_nonnulls(person_id, company_id, donor_id) = 1),
    CONSTRAINT ck_images_kind_known CHECK (kind IN ('avatar', 'photo', 'logo'))
);
CREATE INDEX ix_images_org_id_company_id ON images (org_id, company_id);
CREATE INDEX ix_images_org_id_donor_id ON images (org_id, donor_id);
CREATE INDEX ix_images_org_id_person_id ON images (org_id, person_id);

CREATE TABLE merges (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    kept_person_id UUID,
    lost_person_id UUID,
    kept_company_id UUID,
    lost_company_id UUID,
    kept_household_id UUID,
    lost_household_id UUID,
    kept_donor_id UUID,
    lost_donor_id UUID,
    part_of_id UUID,
    reason TEXT,
    moved JSONB NOT NULL,
    fields JSONB NOT NULL,
    conflicts JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_merges PRIMARY KEY (org_id, id),
    CONSTRAINT ck_merges_one_kept CHECK (num_nonnulls(kept_person_id, kept_company_id, kept_household_id, kept_donor_id) = 1),
    CONSTRAINT ck_merges_one_lost CHECK (num_nonnulls(lost_person_id, lost_company_id, lost_household_id, lost_donor_id) = 1),
    CONSTRAINT ck_merges_kind_known CHECK (kind IN ('people', 'companies', 'households', 'donors'))
);
CREATE INDEX ix_merges_org_id_kept_company_id ON merges (org_id, kept_company_id);
CREATE INDEX ix_merges_org_id_kept_donor_id ON merges (org_id, kept_donor_id);
CREATE INDEX ix_merges_org_id_kept_household_id ON merges (org_id, kept_household_id);
CREATE INDEX ix_merges_org_id_kept_person_id ON merges (org_id, kept_person_id);
CREATE INDEX ix_merges_org_id_lost_company_id ON merges (org_id, lost_company_id);
CREATE INDEX ix_merges_org_id_lost_donor_id ON merges (org_id, lost_donor_id);
CREATE INDEX ix_merges_org_id_lost_household_id ON merges (org_id, lost_household_id);
CREATE INDEX ix_merges_org_id_lost_person_id ON merges (org_id, lost_person_id);
CREATE INDEX ix_merges_org_id_part_of_id ON merges (org_id, part_of_id);
COMMENT ON COLUMN merges.moved IS 'Row ids by table.column.';
COMMENT ON COLUMN merges.fields IS 'Before and after, by field.';
COMMENT ON COLUMN merges.conflicts IS 'Rows that could not both stand, and the rule that settled it.';

CREATE TABLE activities (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    kind VARCHAR(40) NOT NULL,
    type_id UUID,
    subject TEXT NOT NULL,
    description TEXT,
    direction VARCHAR(40),
    outcome TEXT,
    status VARCHAR(40) NOT NULL,
    priority VARCHAR(40) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    completed_at TIMESTAMP WITH TIME ZONE,
    duration_minutes INTEGER,
    details JSONB NOT NULL,
    is_from_outside BOOLEAN NOT NULL,
    person_id UUID,
    company_id UUID,
    donor_id UUID,
    lead_id UUID,
    deal_id UUID,
    project_id UUID,
    member_id UUID,
    supervisor_id UUID,
    workspace_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_activities PRIMARY KEY (org_id, id),
    CONSTRAINT ck_activities_kind_known CHECK (kind IN ('call', 'meeting', 'visit', 'email_sent', 'email_opened', 'text', 'whatsapp', 'letter', 'event', 'note', 'task', 'follow_up', 'status_change', 'tag_added', 'other')),
    CONSTRAINT ck_activities_direction_known CHECK (direction IN ('inbound', 'outbound')),
    CONSTRAINT ck_activities_status_known CHECK (status IN ('planned', 'in_progress', 'done', 'cancelled')),
    CONSTRAINT ck_activities_priority_known CHECK (priority IN ('low', 'medium', 'high', 'urgent'))
);
CREATE INDEX ix_activities_org_id_at ON activities (org_id, at);
CREATE INDEX ix_activities_org_id_company_id_at ON activities (org_id, company_id, at);
CREATE INDEX ix_activities_org_id_deal_id ON activities (org_id, deal_id);
CREATE INDEX ix_activities_org_id_donor_id_at ON activities (org_id, donor_id, at);
CREATE INDEX ix_activities_org_id_lead_id ON activities (org_id, lead_id);
CREATE INDEX ix_activities_org_id_member_id_at ON activities (org_id, member_id, at);
CREATE INDEX ix_activities_org_id_person_id_at ON activities (org_id, person_id, at);
CREATE INDEX ix_activities_org_id_project_id ON activities (org_id, project_id);
CREATE INDEX ix_activities_org_id_supervisor_id ON activities (org_id, supervisor_id);
CREATE INDEX ix_activities_org_id_type_id ON activities (org_id, type_id);
CREATE INDEX ix_activities_org_id_workspace_id ON activities (org_id, workspace_id);
COMMENT ON COLUMN activities.at IS 'When it happened or will.';
COMMENT ON COLUMN activities.is_from_outside IS 'Somebody outside the organisation wrote it.';

CREATE TABLE notes (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    person_id UUID,
    company_id UUID,
    household_id UUID,
    donor_id UUID,
    lead_id UUID,
    deal_id UUID,
    project_id UUID,
    member_id UUID,
    body TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    is_pinned BOOLEAN NOT NULL,
    is_from_outside BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_notes PRIMARY KEY (org_id, id),
    CONSTRAINT ck_notes_one_noun CHECK (num_nonnulls(person_id, company_id, household_id, donor_id, lead_id, deal_id, project_id) = 1)
);
CREATE INDEX ix_notes_org_id_company_id_at ON notes (org_id, company_id, at);
CREATE INDEX ix_notes_org_id_deal_id ON notes (org_id, deal_id);
CREATE INDEX ix_notes_org_id_donor_id_at ON notes (org_id, donor_id, at);
CREATE INDEX ix_notes_org_id_household_id ON notes (org_id, household_id);
CREATE INDEX ix_notes_org_id_lead_id ON notes (org_id, lead_id);
CREATE INDEX ix_notes_org_id_member_id ON notes (org_id, member_id);
CREATE INDEX ix_notes_org_id_person_id_at ON notes (org_id, person_id, at);
CREATE INDEX ix_notes_org_id_project_id ON notes (org_id, project_id);
COMMENT ON COLUMN notes.is_from_outside IS 'Somebody outside the organisation wrote it.';

CREATE TABLE taggings (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    tag_id UUID NOT NULL,
    person_id UUID,
    company_id UUID,
    household_id UUID,
    donor_id UUID,
    lead_id UUID,
    deal_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_taggings PRIMARY KEY (org_id, id),
    CONSTRAINT ck_taggings_one_noun CHECK (num_nonnulls(person_id, company_id, household_id, donor_id, lead_id, deal_id) = 1),
    CONSTRAINT uq_taggings_org_id_tag_id_person_id UNIQUE (org_id, tag_id, person_id),
    CONSTRAINT uq_taggings_org_id_tag_id_company_id UNIQUE (org_id, tag_id, company_id),
    CONSTRAINT uq_taggings_org_id_tag_id_household_id UNIQUE (org_id, tag_id, household_id),
    CONSTRAINT uq_taggings_org_id_tag_id_donor_id UNIQUE (org_id, tag_id, donor_id),
    CONSTRAINT uq_taggings_org_id_tag_id_lead_id UNIQUE (org_id, tag_id, lead_id),
    CONSTRAINT uq_taggings_org_id_tag_id_deal_id UNIQUE (org_id, tag_id, deal_id)
);
CREATE INDEX ix_taggings_org_id_company_id ON taggings (org_id, company_id);
CREATE INDEX ix_taggings_org_id_deal_id ON taggings (org_id, deal_id);
CREATE INDEX ix_taggings_org_id_donor_id ON taggings (org_id, donor_id);
CREATE INDEX ix_taggings_org_id_household_id ON taggings (org_id, household_id);
CREATE INDEX ix_taggings_org_id_lead_id ON taggings (org_id, lead_id);
CREATE INDEX ix_taggings_org_id_person_id ON taggings (org_id, person_id);

CREATE TABLE custom_values (
    org_id UUID NOT NULL,
    id UUID NOT NULL,
    field_id UUID NOT NULL,
    person_id UUID,
    company_id UUID,
    household_id UUID,
    donor_id UUID,
    gift_id UUID,
    lead_id UUID,
    deal_id UUID,
    ticket_id UUID,
    task_id UUID,
    project_id UUID,
    text_value TEXT,
    number_value NUMERIC(18, 4),
    date_value DATE,
    bool_value BOOLEAN,
    list_value TEXT[],
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by UUID,
    updated_by UUID,
    CONSTRAINT pk_custom_values PRIMARY KEY (org_id, id),
    CONSTRAINT ck_custom_values_one_noun CHECK (num_nonnulls(person_id, company_id, household_id, donor_id, gift_id, lead_id, deal_id, ticket_id, task_id, project_id) = 1),
    CONSTRAINT ck_custom_values_one_value CHECK (num_nonnulls(text_value, number_value, date_value, bool_value, list_value) = 1),
    CONSTRAINT uq_custom_values_org_id_field_id_person_id UNIQUE (org_id, field_id, person_id),
    CONSTRAINT uq_custom_values_org_id_field_id_company_id UNIQUE (org_id, field_id, company_id),
    CONSTRAINT uq_custom_values_org_id_field_id_household_id UNIQUE (org_id, field_id, household_id),
    CONSTRAINT uq_custom_values_org_id_field_id_donor_id UNIQUE (org_id, field_id, donor_id),
    CONSTRAINT uq_custom_values_org_id_field_id_gift_id UNIQUE (org_id, field_id, gift_id),
    CONSTRAINT uq_custom_values_org_id_field_id_lead_id UNIQUE (org_id, field_id, lead_id),
    CONSTRAINT uq_custom_values_org_id_field_id_deal_id UNIQUE (org_id, field_id, deal_id),
    CONSTRAINT uq_custom_values_org_id_field_id_ticket_id UNIQUE (org_id, field_id, ticket_id),
    CONSTRAINT uq_custom_values_org_id_field_id_task_id UNIQUE (org_id, field_id, task_id),
    CONSTRAINT uq_custom_values_org_id_field_id_project_id UNIQUE (org_id, field_id, project_id)
);
CREATE INDEX ix_custom_values_org_id_company_id ON custom_values (org_id, company_id);
CREATE INDEX ix_custom_values_org_id_deal_id ON custom_values (org_id, deal_id);
CREATE INDEX ix_custom_values_org_id_donor_id ON custom_values (org_id, donor_id);
CREATE INDEX ix_custom_values_org_id_field_id_date_value ON custom_values (org_id, field_id, date_value);
CREATE INDEX ix_custom_values_org_id_field_id_number_value ON custom_values (org_id, field_id, number_value);
CREATE INDEX ix_custom_values_org_id_gift_id ON custom_values (org_id, gift_id);
CREATE INDEX ix_custom_values_org_id_household_id ON custom_values (org_id, household_id);
CREATE INDEX ix_custom_values_org_id_lead_id ON custom_values (org_id, lead_id);
CREATE INDEX ix_custom_values_org_id_person_id ON custom_values (org_id, person_id);
CREATE INDEX ix_custom_values_org_id_project_id ON custom_values (org_id, project_id);
CREATE INDEX ix_custom_values_org_id_task_id ON custom_values (org_id, task_id);
CREATE INDEX ix_custom_values_org_id_ticket_id ON custom_values (org_id, ticket_id);
"""

DOWN = r"""
DROP TABLE custom_values;
DROP TABLE taggings;
DROP TABLE notes;
DROP TABLE activities;
DROP TABLE merges;
DROP TABLE images;
DROP TABLE identifiers;
DROP TABLE employments;
DROP TABLE addresses;
DROP TABLE people;
DROP TABLE companies;
DROP TABLE activity_types;
DROP TABLE households;
DROP TABLE tags;
"""


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)
