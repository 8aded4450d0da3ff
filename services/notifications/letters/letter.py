"""A letter: its words, as plain text and as HTML, made from one template per kind in `words/`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.notifications.domain.delivery import Channel, Kind
from services.notifications.letters import wording
from services.notifications.letters.help import Help
from services.notifications.letters.html import as_html
from services.notifications.projections.arrangements import ArrangementRow
from services.notifications.projections.meetings import MeetingRow, ReplyRow
from services.notifications.projections.rights_letters import RightsLetterRow
from services.notifications.projections.support_requests import FeeRow, OfferRow, SupportRequestRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a letter may say. Which of the last twelve are there depends on its kind.

    `to_make`: the forms in which a person makes this letter as well (see `Reach.to_make`).
    """

    name: str
    channel: Channel
    portal_url: str
    quick_guide_url: str
    large_print: bool = False
    to_make: Sequence[str] = ()
    community: str | None = None
    community_id: UUID | None = None
    meeting: MeetingRow | None = None
    reply: ReplyRow | None = None
    request: SupportRequestRow | None = None
    offer: OfferRow | None = None
    fee: FeeRow | None = None
    rights: RightsLetterRow | None = None
    help: Help | None = None
    reason: str | None = None
    code: str | None = None
    arranged: list[ArrangementRow] | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """`subject` is one line; `text` is what is read out or printed, and the plain part of a mail."""

    subject: str
    text: str
    large_print: bool = False

    @property
    def html(self) -> str:
        """The same words as a page."""
        return as_html(self.subject, self.text, large_print=self.large_print)


# Plain text is made here and escaped when it becomes HTML; a missing fact is an error, never a gap in a letter.
_words = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "words"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701
)
_words.filters.update(
    day=wording.day,
    when=wording.when,
    pounds=wording.pounds,
    coming=wording.coming,
    asked=wording.asked,
    right=wording.right,
    quoted=wording.quoted,
    forms=wording.forms,
)


def write(kind: Kind, facts: Facts) -> Letter:
    """The letter of a kind. Raises jinja2.UndefinedError when a fact is missing that the kind needs."""
    template = _words.get_template(f"{kind}.txt.jinja")
    known = {name: getattr(facts, name) for name in Facts.__slots__}
    context = template.new_context({**known, "by_mail": facts.channel is Channel.EMAIL})
    subject = " ".join("".join(template.blocks["subject"](context)).split())
    return Letter(subject, _tidy("".join(template.root_render_func(context))), facts.large_print)


def _tidy(text: str) -> str:
    """One empty line at most between paragraphs: templates leave more where a part is left out."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"
