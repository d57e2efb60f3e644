"""The composition root: adapters are chosen here and nowhere else.

Everything is built when it is first asked for, and heavy modules are imported there, so that `gelassen queue` starts
without the mail, model and template libraries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.adapters.clock import SystemClock
from assistant.adapters.paths import default_database_url, lock_file
from assistant.config import SHIPPED_MODEL, Account, Config
from assistant.core.cooling import CoolingRules
from assistant.errors import ConfigError, Disconnected, TemplateError
from assistant.services.logins import Logins
from assistant.texts import Lang

if TYPE_CHECKING:
    from assistant.adapters.calendar import RegionCalendar
    from assistant.adapters.classifier import EscalationClassifier
    from assistant.adapters.database import SqlStore
    from assistant.adapters.imap import ImapMailbox
    from assistant.adapters.templates import Templates
    from assistant.core.adaptation import Adaptation
    from assistant.core.message import Message, RawMail
    from assistant.daemon.outgoing import Outgoing
    from assistant.daemon.sharing import Sharing
    from assistant.services.advice import Advisor
    from assistant.services.deciding import Deciding
    from assistant.services.effects import Effects
    from assistant.services.holding import DraftsGuard
    from assistant.services.intake import Intake, Journal
    from assistant.services.judging import Judge
    from assistant.services.learning import Learning
    from assistant.services.ledger import HeldDraft, Incoming
    from assistant.services.review import Desk


def silent(event: str, /, **fields: object) -> None:
    """A journal for commands, which speak for themselves."""


class Parts:
    """What a configuration is made of."""

    def __init__(self, config: Config, lang: Lang, journal: Journal = silent) -> None:
        self.config = config
        self.lang = lang
        self.journal = journal
        self.clock = SystemClock(config.general.zone)
        self._logins: dict[str, Logins] = {}  # by account

    # --- shared ---------------------------------------------------------------------------------------------------
    @cached_property
    def database_url(self) -> str:
        """The configured database, or the default file."""
        return self.config.store.url or default_database_url()

    @property
    def lock_path(self) -> Path:
        """The file whose lock makes a daemon the only one."""
        return lock_file(self.database_url)

    @cached_property
    def store(self) -> SqlStore:
        """The ledger, opened and up to date."""
        from assistant.adapters.database import open_store

        return open_store(self.database_url)

    def queue(self, *, limit: int | None = None, decided: bool = False) -> tuple[HeldDraft, ...]:
        """``store.queue``, without loading SQLAlchemy where that is possible."""
        from assistant.adapters.database.quick import quick_queue

        found = quick_queue(self.database_url, limit=limit, decided=decided)
        return self.store.queue(limit=limit, decided=decided) if found is None else found

    @cached_property
    def calendar(self) -> RegionCalendar:
        """Working days of the user's region."""
        from assistant.adapters.calendar import RegionCalendar

        return RegionCalendar(self.config.general.region)

    @cached_property
    def classifier(self) -> EscalationClassifier:
        """The model; loaded at its first use."""
        from assistant.adapters.classifier import EscalationClassifier
        from assistant.adapters.paths import shipped_models

        judge = self.config.judge
        # The shipped model by its place: a folder of that name where one happens to stand is never taken for it.
        model = judge.model if judge.model != SHIPPED_MODEL else str(shipped_models() / SHIPPED_MODEL)
        return EscalationClassifier(
            model,
            threads=judge.threads,
            false_alarms_per_100=judge.false_alarms_per_100,
            labels=judge.labels or None,
        )

    @cached_property
    def judge(self) -> Judge:
        """The judgement on texts."""
        from assistant.services.judging import Judge

        return Judge(
            self.classifier,
            night=self.config.cooling.night,
            zone=self.config.general.zone,
            learnt=self._learnt,
        )

    def _learnt(self) -> Adaptation:
        return self.learning.adaptation()  # the ledger is opened when the first client's mail is judged

    @cached_property
    def learning(self) -> Learning:
        """The user's corrections."""
        from assistant.services.learning import Learning

        return Learning(store=self.store, classifier=self.classifier, clock=self.clock)

    @cached_property
    def templates(self) -> Templates:
        """Shipped reply templates and the user's own."""
        from assistant.adapters.paths import shipped_templates
        from assistant.adapters.templates import Templates

        return Templates(shipped_templates() / "replies", self.config.replies.directory)

    @cached_property
    def advisor(self) -> Advisor:
        """Makes suggestions."""
        from assistant.services.advice import Advisor

        return Advisor(
            renderer=self.templates,
            clock=self.clock,
            is_working_day=self.calendar,
            signature=self.config.replies.signature,
            failed=self._template_failed,
        )

    def _template_failed(self, error: TemplateError) -> None:
        self.journal("template_failed", error=str(error))

    @property
    def rules(self) -> CoolingRules:
        """How long drafts are held."""
        cooling = self.config.cooling
        return CoolingRules(hold=cooling.hold, morning=cooling.morning, night=cooling.night)

    @cached_property
    def outgoing(self) -> Outgoing:
        """What sends."""
        from assistant.daemon.outgoing import Outgoing

        return Outgoing(self)

    @cached_property
    def sharing(self) -> Sharing:
        """What this process has to know of others on the same ledger."""
        from assistant.daemon.sharing import Sharing

        return Sharing(self)

    # --- for each account -----------------------------------------------------------------------------------------
    def account(self, name: str) -> Account:
        """The settings of an account. Raises ``ConfigError`` for one that is no longer configured."""
        for account in self.config.accounts:
            if account.name == name:
                return account
        raise ConfigError([f'{self.config.path}: there is no account "{name}" (any more); add it as [[account]].'])

    def mailbox(self, account: Account) -> ImapMailbox:
        """A connection to an account, not yet open."""
        from assistant.daemon.mailboxes import mailbox

        remembered = self.store.remembered(account.name, "cooling_off")
        return mailbox(
            self.config,
            account,
            language=self.lang,
            remembered_cooling_off=remembered,
            logins=self._logins.setdefault(account.name, Logins()),
        )

    def reading_mailbox(self, account: Account) -> ImapMailbox:
        """A connection to an account that creates nothing there, and needs no ledger."""
        from assistant.daemon.mailboxes import reading_mailbox

        return reading_mailbox(self.config, account)

    def intake(self, account: Account, mailbox: ImapMailbox) -> Intake:
        """INBOX of an account."""
        from assistant.services.intake import Intake

        return Intake(
            account=account.name,
            mailbox=mailbox,
            store=self.store,
            judge=self.judge,
            parse=self.client_parser(account),
            suggest=self.advisor.suggest,
            clock=self.clock,
            journal=self.journal,
            first_pass=self.config.judge.first_pass,
            mark_mail=self.config.judge.mark_mail,
        )

    def client_parser(self, account: Account) -> Callable[[RawMail, frozenset[str]], Message]:
        """The parser for mail that came to an account."""
        from assistant.adapters.mime import parse

        own = frozenset().union(*(one.own for one in self.config.accounts), account.own)
        return lambda mail, flags: parse(mail, own=own, flags=flags)

    def effects(self, account: Account, mailbox: ImapMailbox) -> Effects:
        """Outside effects on an account's folders."""
        from assistant.services.effects import Effects

        return Effects(
            account=account.name,
            mailbox=mailbox,
            store=self.store,
            clock=self.clock,
            journal=self.journal,
            exclusive=partial(self.sharing.exclusive, account.name),
            files_sent=self.outgoing.files_sent(account),
        )

    def guard(self, account: Account, mailbox: ImapMailbox) -> DraftsGuard:
        """Drafts, Sent and the cooling-off folder of an account."""
        from assistant.services.holding import DraftsGuard

        return DraftsGuard(
            account=account.name,
            mailbox=mailbox,
            store=self.store,
            deciding=self.deciding(account, self.intake(account, mailbox).find),
            effects=self.effects(account, mailbox),
            read_draft=read_draft,
            read_header=read_header,
            settle=self.config.cooling.settle,
            clock=self.clock,
            journal=self.journal,
            files_sent=self.outgoing.files_sent(account),
        )

    def deciding(self, account: Account, find: Callable[[Sequence[str]], Incoming | None]) -> Deciding:
        """What decides about an account's outgoing words."""
        from assistant.services.deciding import Deciding

        return Deciding(
            account=account.name,
            store=self.store,
            judge=self.judge,
            find=find,
            rules=lambda: self.rules,
            is_working_day=self.calendar,
            clock=self.clock,
        )

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """The user's decisions; connections that they need are closed at the end."""
        from assistant.services.review import Desk

        with self.connecting() as effects_for:
            yield Desk(
                store=self.store,
                clock=self.clock,
                effects_for=effects_for,
                judge=self.judge,
                read_draft=read_draft,
                read_header=read_header,
                rules=lambda: self.rules,
                is_working_day=self.calendar,
                require_review=self.config.cooling.require_review,
                dispatch=self.outgoing.dispatch(),
            )

    @contextmanager
    def connecting(self) -> Iterator[Callable[[str], Effects]]:
        """The effects of an account by its name, for one decision: one connection each, closed at the end."""
        opened: dict[str, ImapMailbox] = {}

        def effects_for(name: str) -> Effects:
            account = self.account(name)
            mailbox = opened.setdefault(name, self.mailbox(account))
            try:
                mailbox.connect()
            except Disconnected as error:
                raise Disconnected(f"{error} Nothing was decided; try again when the server is back.") from error
            return self.effects(account, mailbox)

        try:
            yield effects_for
        finally:
            for mailbox in opened.values():
                mailbox.close()


def read_draft(raw: bytes) -> Message:
    """A whole draft, parsed as one's own."""
    from assistant.adapters.mime import parse, split

    return parse(split(raw), side="own")


def read_header(mail: RawMail) -> Message:
    """What the header of a draft or a sent mail tells, and its text where it was fetched."""
    from assistant.adapters.mime import parse

    return parse(mail, side="own")
