"""One actor's view of the whole CRM inside one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm_store.actor import Actor
from crm_store.assistants.ledger_repository import (
    DecisionRepository,
    MemoryRepository,
    ProposalRepository,
)
from crm_store.assistants.repository import (
    AssistantRepository,
    BudgetRepository,
    DeploymentRepository,
    FeedbackRepository,
    RunRepository,
    ToolCallRepository,
    UsageRepository,
)
from crm_store.audit import trail
from crm_store.audit.repository import AuditRepository
from crm_store.base import PersonRow, TenantRow
from crm_store.campaigns.repository import (
    AssetRepository,
    CampaignAssetRepository,
    CampaignRecipientRepository,
    CampaignRepository,
    SignatureRepository,
    TemplateRepository,
)
from crm_store.contacts.remark_repository import (
    ActivityRepository,
    ActivityTypeRepository,
    CustomValueRepository,
    ImageRepository,
    MergeRepository,
    NoteRepository,
    TaggingRepository,
    TagRepository,
)
from crm_store.contacts.repository import (
    AddressRepository,
    CompanyRepository,
    EmploymentRepository,
    HouseholdRepository,
    IdentifierRepository,
    PersonRepository,
)
from crm_store.conversations.channel_repository import (
    AllowedSenderRepository,
    ChannelAccountRepository,
    PhoneCallRepository,
    VisitorRepository,
    VisitorSessionRepository,
    WidgetRepository,
)
from crm_store.conversations.repository import (
    AttachmentRepository,
    ConversationRepository,
    EmailDetailRepository,
    MessageRepository,
    ParticipantRepository,
    PhoneDetailRepository,
    WhatsappDetailRepository,
    WidgetDetailRepository,
)
from crm_store.crypto import Keyring, Place
from crm_store.deals.repository import (
    DealRepository,
    InterestLevelRepository,
    OfferRepository,
    PipelineRepository,
    ProductCategoryRepository,
    ProductRepository,
    ProductTypeRepository,
    StageMoveRepository,
    StageRepository,
)
from crm_store.donors.repository import (
    AssignmentRepository,
    DonorPersonRepository,
    DonorRepository,
    JourneyRepository,
    StageChangeRepository,
)
from crm_store.donors.timeline import TimelineRepository
from crm_store.gifts.giving import GivingRepository
from crm_store.gifts.promise_repository import (
    ExpectedGiftRepository,
    InstalmentRepository,
    PlanRepository,
    PledgeRepository,
)
from crm_store.gifts.purpose_repository import (
    AppealRepository,
    FundRepository,
    ProjectRepository,
)
from crm_store.gifts.receipt_repository import ReceiptRepository
from crm_store.gifts.repository import GiftRepository, RefundRepository, SoftCreditRepository
from crm_store.identity.repository import (
    ApiKeyRepository,
    InvitationRepository,
    MemberRepository,
    PreferencesRepository,
    RoleRepository,
    StaffPhoneRepository,
)
from crm_store.imports.repository import (
    ExternalIdRepository,
    ImportJobRepository,
    ImportRowRepository,
)
from crm_store.knowledge.repository import (
    ChunkRepository,
    CollectionRepository,
    CrawlSourceRepository,
    DocumentRepository,
)
from crm_store.leads.repository import (
    LeadAssignmentRepository,
    LeadConversionRepository,
    LeadRepository,
    ProspectRepository,
    ScoringRuleRepository,
)
from crm_store.orgs.repository import CustomFieldRepository, OrgRepository, WorkspaceRepository
from crm_store.outreach.repository import (
    ConsentRepository,
    ContactDecisionRepository,
    ContactPolicyRepository,
    DeliveryRepository,
    DraftingSessionRepository,
    DraftRepository,
    DraftSourceRepository,
    LinkRepository,
    MailboxRepository,
    OutboxRepository,
    SenderIdentityRepository,
    SendSlotRepository,
    SendWindowRepository,
    StyleExampleRepository,
    SuppressionRepository,
    TrackingEventRepository,
)
from crm_store.places.repository import (
    GeocodeRepository,
    LocationRepository,
    TerritoryRepository,
)
from crm_store.research.repository import (
    DossierRepository,
    FactRepository,
    IdentityMatchRepository,
)
from crm_store.search.repository import SearchRepository
from crm_store.segments.repository import SegmentRepository
from crm_store.sequences.repository import (
    AutomationRepository,
    AutomationRunRepository,
    AutomationStepRepository,
    EnrolmentRepository,
    SequenceRepository,
    SequenceStepRepository,
)
from crm_store.tasks.repository import (
    CalendarLinkRepository,
    NotificationRepository,
    ReminderRepository,
    TaskRepository,
)
from crm_store.tickets.repository import (
    BusinessCalendarRepository,
    MacroRepository,
    SlaPolicyRepository,
    TicketActivityRepository,
    TicketNoteRepository,
    TicketRepository,
    TicketTaggingRepository,
    TicketTagRepository,
)
from crm_store.workflows.repository import (
    WorkflowLogRepository,
    WorkflowNodeRunRepository,
    WorkflowRepository,
    WorkflowRunRepository,
    WorkflowTimerRepository,
    WorkflowVersionRepository,
)


class Crm:
    """Repositories by their nouns, and what every verb needs."""

    def __init__(self, session: AsyncSession, keyring: Keyring) -> None:
        self.session = session
        self.keyring = keyring

    @property
    def actor(self) -> Actor:
        actor: Actor = self.session.info["actor"]
        return actor

    async def flush(self) -> None:
        await self.session.flush()

    @asynccontextmanager
    async def granted(self, *scopes: str) -> AsyncIterator[None]:
        """Rights a verb lends its caller for a moment, as when a lead becomes a contact."""
        before = self.actor
        await self.session.flush()
        self.session.info["actor"] = before.granted(scopes)
        try:
            yield
            await self.session.flush()
        finally:
            self.session.info["actor"] = before

    @cached_property
    def segments(self) -> SegmentRepository:
        return SegmentRepository(self.session)

    @cached_property
    def search(self) -> SearchRepository:
        return SearchRepository(self.session)

    def note(self, action: str, table: str, row_id: UUID | None = None, **changes: Any) -> None:
        """Record what a bulk statement did; single rows are recorded by themselves."""
        trail.note(self.session.sync_session, action, table, row_id, changes)

    def seal(self, row: TenantRow | PersonRow, column: str, plain: str | None) -> None:
        """Put a secret on a row, readable only in this place."""
        if isinstance(row, TenantRow):
            row.org_id = self.actor.org
        sealed = None if plain is None else self.keyring.seal(plain, _place(row, column))
        setattr(row, column, sealed)

    def unseal(self, row: TenantRow | PersonRow, column: str) -> str | None:
        sealed: bytes | None = getattr(row, column)
        return None if sealed is None else self.keyring.open(sealed, _place(row, column))

    @cached_property
    def orgs(self) -> OrgRepository:
        return OrgRepository(self.session)

    @cached_property
    def workspaces(self) -> WorkspaceRepository:
        return WorkspaceRepository(self.session)

    @cached_property
    def custom_fields(self) -> CustomFieldRepository:
        return CustomFieldRepository(self.session)

    @cached_property
    def members(self) -> MemberRepository:
        return MemberRepository(self.session)

    @cached_property
    def roles(self) -> RoleRepository:
        return RoleRepository(self.session)

    @cached_property
    def invitations(self) -> InvitationRepository:
        return InvitationRepository(self.session)

    @cached_property
    def preferences(self) -> PreferencesRepository:
        return PreferencesRepository(self.session)

    @cached_property
    def staff_phones(self) -> StaffPhoneRepository:
        return StaffPhoneRepository(self.session)

    @cached_property
    def api_keys(self) -> ApiKeyRepository:
        return ApiKeyRepository(self.session)

    @cached_property
    def audit(self) -> AuditRepository:
        return AuditRepository(self.session)

    @cached_property
    def people(self) -> PersonRepository:
        return PersonRepository(self.session)

    @cached_property
    def companies(self) -> CompanyRepository:
        return CompanyRepository(self.session)

    @cached_property
    def households(self) -> HouseholdRepository:
        return HouseholdRepository(self.session)

    @cached_property
    def identifiers(self) -> IdentifierRepository:
        return IdentifierRepository(self.session)

    @cached_property
    def addresses(self) -> AddressRepository:
        return AddressRepository(self.session)

    @cached_property
    def employments(self) -> EmploymentRepository:
        return EmploymentRepository(self.session)

    @cached_property
    def tags(self) -> TagRepository:
        return TagRepository(self.session)

    @cached_property
    def taggings(self) -> TaggingRepository:
        return TaggingRepository(self.session)

    @cached_property
    def notes(self) -> NoteRepository:
        return NoteRepository(self.session)

    @cached_property
    def activity_types(self) -> ActivityTypeRepository:
        return ActivityTypeRepository(self.session)

    @cached_property
    def activities(self) -> ActivityRepository:
        return ActivityRepository(self.session)

    @cached_property
    def images(self) -> ImageRepository:
        return ImageRepository(self.session)

    @cached_property
    def custom_values(self) -> CustomValueRepository:
        return CustomValueRepository(self.session)

    @cached_property
    def merges(self) -> MergeRepository:
        return MergeRepository(self.session)

    @cached_property
    def donors(self) -> DonorRepository:
        return DonorRepository(self.session)

    @cached_property
    def donor_people(self) -> DonorPersonRepository:
        return DonorPersonRepository(self.session)

    @cached_property
    def timeline(self) -> TimelineRepository:
        return TimelineRepository(self.session)

    @cached_property
    def journeys(self) -> JourneyRepository:
        return JourneyRepository(self.session)

    @cached_property
    def stage_changes(self) -> StageChangeRepository:
        return StageChangeRepository(self.session)

    @cached_property
    def assignments(self) -> AssignmentRepository:
        return AssignmentRepository(self.session)

    @cached_property
    def tickets(self) -> TicketRepository:
        return TicketRepository(self.session)

    @cached_property
    def ticket_activities(self) -> TicketActivityRepository:
        return TicketActivityRepository(self.session)

    @cached_property
    def ticket_notes(self) -> TicketNoteRepository:
        return TicketNoteRepository(self.session)

    @cached_property
    def ticket_tags(self) -> TicketTagRepository:
        return TicketTagRepository(self.session)

    @cached_property
    def ticket_taggings(self) -> TicketTaggingRepository:
        return TicketTaggingRepository(self.session)

    @cached_property
    def macros(self) -> MacroRepository:
        return MacroRepository(self.session)

    @cached_property
    def sla_policies(self) -> SlaPolicyRepository:
        return SlaPolicyRepository(self.session)

    @cached_property
    def business_calendars(self) -> BusinessCalendarRepository:
        return BusinessCalendarRepository(self.session)

    @cached_property
    def gifts(self) -> GiftRepository:
        return GiftRepository(self.session)

    @cached_property
    def giving(self) -> GivingRepository:
        return GivingRepository(self.session)

    @cached_property
    def refunds(self) -> RefundRepository:
        return RefundRepository(self.session)

    @cached_property
    def soft_credits(self) -> SoftCreditRepository:
        return SoftCreditRepository(self.session)

    @cached_property
    def funds(self) -> FundRepository:
        return FundRepository(self.session)

    @cached_property
    def projects(self) -> ProjectRepository:
        return ProjectRepository(self.session)

    @cached_property
    def appeals(self) -> AppealRepository:
        return AppealRepository(self.session)

    @cached_property
    def plans(self) -> PlanRepository:
        return PlanRepository(self.session)

    @cached_property
    def expected_gifts(self) -> ExpectedGiftRepository:
        return ExpectedGiftRepository(self.session)

    @cached_property
    def pledges(self) -> PledgeRepository:
        return PledgeRepository(self.session)

    @cached_property
    def instalments(self) -> InstalmentRepository:
        return InstalmentRepository(self.session)

    @cached_property
    def receipts(self) -> ReceiptRepository:
        return ReceiptRepository(self.session)

    @cached_property
    def workflows(self) -> WorkflowRepository:
        return WorkflowRepository(self.session)

    @cached_property
    def workflow_versions(self) -> WorkflowVersionRepository:
        return WorkflowVersionRepository(self.session)

    @cached_property
    def workflow_runs(self) -> WorkflowRunRepository:
        return WorkflowRunRepository(self.session)

    @cached_property
    def workflow_node_runs(self) -> WorkflowNodeRunRepository:
        return WorkflowNodeRunRepository(self.session)

    @cached_property
    def workflow_logs(self) -> WorkflowLogRepository:
        return WorkflowLogRepository(self.session)

    @cached_property
    def workflow_timers(self) -> WorkflowTimerRepository:
        return WorkflowTimerRepository(self.session)

    @cached_property
    def dossiers(self) -> DossierRepository:
        return DossierRepository(self.session)

    @cached_property
    def facts(self) -> FactRepository:
        return FactRepository(self.session)

    @cached_property
    def identity_matches(self) -> IdentityMatchRepository:
        return IdentityMatchRepository(self.session)

    @cached_property
    def collections(self) -> CollectionRepository:
        return CollectionRepository(self.session)

    @cached_property
    def documents(self) -> DocumentRepository:
        return DocumentRepository(self.session)

    @cached_property
    def chunks(self) -> ChunkRepository:
        return ChunkRepository(self.session)

    @cached_property
    def crawl_sources(self) -> CrawlSourceRepository:
        return CrawlSourceRepository(self.session)

    @cached_property
    def assistants(self) -> AssistantRepository:
        return AssistantRepository(self.session)

    @cached_property
    def deployments(self) -> DeploymentRepository:
        return DeploymentRepository(self.session)

    @cached_property
    def runs(self) -> RunRepository:
        return RunRepository(self.session)

    @cached_property
    def tool_calls(self) -> ToolCallRepository:
        return ToolCallRepository(self.session)

    @cached_property
    def feedback(self) -> FeedbackRepository:
        return FeedbackRepository(self.session)

    @cached_property
    def usage(self) -> UsageRepository:
        return UsageRepository(self.session)

    @cached_property
    def budgets(self) -> BudgetRepository:
        return BudgetRepository(self.session)

    @cached_property
    def proposals(self) -> ProposalRepository:
        return ProposalRepository(self.session)

    @cached_property
    def decisions(self) -> DecisionRepository:
        return DecisionRepository(self.session)

    @cached_property
    def memories(self) -> MemoryRepository:
        return MemoryRepository(self.session)

    @cached_property
    def pipelines(self) -> PipelineRepository:
        return PipelineRepository(self.session)

    @cached_property
    def stages(self) -> StageRepository:
        return StageRepository(self.session)

    @cached_property
    def deals(self) -> DealRepository:
        return DealRepository(self.session)

    @cached_property
    def stage_moves(self) -> StageMoveRepository:
        return StageMoveRepository(self.session)

    @cached_property
    def interest_levels(self) -> InterestLevelRepository:
        return InterestLevelRepository(self.session)

    @cached_property
    def products(self) -> ProductRepository:
        return ProductRepository(self.session)

    @cached_property
    def product_types(self) -> ProductTypeRepository:
        return ProductTypeRepository(self.session)

    @cached_property
    def product_categories(self) -> ProductCategoryRepository:
        return ProductCategoryRepository(self.session)

    @cached_property
    def offers(self) -> OfferRepository:
        return OfferRepository(self.session)

    @cached_property
    def conversations(self) -> ConversationRepository:
        return ConversationRepository(self.session)

    @cached_property
    def participants(self) -> ParticipantRepository:
        return ParticipantRepository(self.session)

    @cached_property
    def messages(self) -> MessageRepository:
        return MessageRepository(self.session)

    @cached_property
    def email_details(self) -> EmailDetailRepository:
        return EmailDetailRepository(self.session)

    @cached_property
    def whatsapp_details(self) -> WhatsappDetailRepository:
        return WhatsappDetailRepository(self.session)

    @cached_property
    def widget_details(self) -> WidgetDetailRepository:
        return WidgetDetailRepository(self.session)

    @cached_property
    def phone_details(self) -> PhoneDetailRepository:
        return PhoneDetailRepository(self.session)

    @cached_property
    def attachments(self) -> AttachmentRepository:
        return AttachmentRepository(self.session)

    @cached_property
    def visitors(self) -> VisitorRepository:
        return VisitorRepository(self.session)

    @cached_property
    def visitor_sessions(self) -> VisitorSessionRepository:
        return VisitorSessionRepository(self.session)

    @cached_property
    def phone_calls(self) -> PhoneCallRepository:
        return PhoneCallRepository(self.session)

    @cached_property
    def channel_accounts(self) -> ChannelAccountRepository:
        return ChannelAccountRepository(self.session)

    @cached_property
    def widgets(self) -> WidgetRepository:
        return WidgetRepository(self.session)

    @cached_property
    def allowed_senders(self) -> AllowedSenderRepository:
        return AllowedSenderRepository(self.session)

    @cached_property
    def campaigns(self) -> CampaignRepository:
        return CampaignRepository(self.session)

    @cached_property
    def campaign_recipients(self) -> CampaignRecipientRepository:
        return CampaignRecipientRepository(self.session)

    @cached_property
    def campaign_assets(self) -> CampaignAssetRepository:
        return CampaignAssetRepository(self.session)

    @cached_property
    def templates(self) -> TemplateRepository:
        return TemplateRepository(self.session)

    @cached_property
    def signatures(self) -> SignatureRepository:
        return SignatureRepository(self.session)

    @cached_property
    def assets(self) -> AssetRepository:
        return AssetRepository(self.session)

    @cached_property
    def drafting_sessions(self) -> DraftingSessionRepository:
        return DraftingSessionRepository(self.session)

    @cached_property
    def drafts(self) -> DraftRepository:
        return DraftRepository(self.session)

    @cached_property
    def draft_sources(self) -> DraftSourceRepository:
        return DraftSourceRepository(self.session)

    @cached_property
    def style_examples(self) -> StyleExampleRepository:
        return StyleExampleRepository(self.session)

    @cached_property
    def send_windows(self) -> SendWindowRepository:
        return SendWindowRepository(self.session)

    @cached_property
    def send_slots(self) -> SendSlotRepository:
        return SendSlotRepository(self.session)

    @cached_property
    def mailboxes(self) -> MailboxRepository:
        return MailboxRepository(self.session)

    @cached_property
    def sender_identities(self) -> SenderIdentityRepository:
        return SenderIdentityRepository(self.session)

    @cached_property
    def outbox(self) -> OutboxRepository:
        return OutboxRepository(self.session)

    @cached_property
    def deliveries(self) -> DeliveryRepository:
        return DeliveryRepository(self.session)

    @cached_property
    def links(self) -> LinkRepository:
        return LinkRepository(self.session)

    @cached_property
    def tracking_events(self) -> TrackingEventRepository:
        return TrackingEventRepository(self.session)

    @cached_property
    def suppressions(self) -> SuppressionRepository:
        return SuppressionRepository(self.session)

    @cached_property
    def consents(self) -> ConsentRepository:
        return ConsentRepository(self.session)

    @cached_property
    def contact_policies(self) -> ContactPolicyRepository:
        return ContactPolicyRepository(self.session)

    @cached_property
    def contact_decisions(self) -> ContactDecisionRepository:
        return ContactDecisionRepository(self.session)

    @cached_property
    def sequences(self) -> SequenceRepository:
        return SequenceRepository(self.session)

    @cached_property
    def sequence_steps(self) -> SequenceStepRepository:
        return SequenceStepRepository(self.session)

    @cached_property
    def enrolments(self) -> EnrolmentRepository:
        return EnrolmentRepository(self.session)

    @cached_property
    def automations(self) -> AutomationRepository:
        return AutomationRepository(self.session)

    @cached_property
    def automation_steps(self) -> AutomationStepRepository:
        return AutomationStepRepository(self.session)

    @cached_property
    def automation_runs(self) -> AutomationRunRepository:
        return AutomationRunRepository(self.session)

    @cached_property
    def import_jobs(self) -> ImportJobRepository:
        return ImportJobRepository(self.session)

    @cached_property
    def import_rows(self) -> ImportRowRepository:
        return ImportRowRepository(self.session)

    @cached_property
    def external_ids(self) -> ExternalIdRepository:
        return ExternalIdRepository(self.session)

    @cached_property
    def leads(self) -> LeadRepository:
        return LeadRepository(self.session)

    @cached_property
    def prospects(self) -> ProspectRepository:
        return ProspectRepository(self.session)

    @cached_property
    def scoring_rules(self) -> ScoringRuleRepository:
        return ScoringRuleRepository(self.session)

    @cached_property
    def lead_assignments(self) -> LeadAssignmentRepository:
        return LeadAssignmentRepository(self.session)

    @cached_property
    def lead_conversions(self) -> LeadConversionRepository:
        return LeadConversionRepository(self.session)

    @cached_property
    def tasks(self) -> TaskRepository:
        return TaskRepository(self.session)

    @cached_property
    def reminders(self) -> ReminderRepository:
        return ReminderRepository(self.session)

    @cached_property
    def calendar_links(self) -> CalendarLinkRepository:
        return CalendarLinkRepository(self.session)

    @cached_property
    def notifications(self) -> NotificationRepository:
        return NotificationRepository(self.session)

    @cached_property
    def locations(self) -> LocationRepository:
        return LocationRepository(self.session)

    @cached_property
    def territories(self) -> TerritoryRepository:
        return TerritoryRepository(self.session)

    @cached_property
    def geocodes(self) -> GeocodeRepository:
        return GeocodeRepository(self.session)


def _place(row: TenantRow | PersonRow, column: str) -> Place:
    return Place(getattr(row, "org_id", None), row.__tablename__, row.id, column)
