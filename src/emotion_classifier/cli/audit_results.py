"""Where `audit` leaves what it measured: the terminal, a page, the bundle's card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.figures import CARD_KEPT, naming_card

if TYPE_CHECKING:
    from emotion_classifier.fairness.result import Audit
    from emotion_classifier.model.bundle import Bundle


def keep(
    result: Audit, bundle: Bundle, title: str, *, out: Path | None, card: bool, messages: Console
) -> None:
    """Write the page, and the section of the card."""
    from emotion_classifier.model.bundle import rewrite
    from emotion_classifier.model.card import card_file, read_card

    if out:
        from emotion_classifier.fairness.checks import AUDIT_CHECKS
        from emotion_classifier.report.audit_page import write_audit_page

        pages = {one.code: one.page for one in AUDIT_CHECKS}
        write_audit_page(result.to_dict(), out, pages=pages, title=title)
        messages.print(f"Wrote {escape(str(out))}", soft_wrap=True)
    if not card:
        return
    if bundle.shipped:
        messages.print(CARD_KEPT)
        return
    if not result.counterfactual and not any(group.metrics for group in result.groups):
        messages.print("Card not written: no group is large enough to say anything of it.")
        return
    from emotion_classifier.report.card import with_audit

    written = with_audit(read_card(bundle), title=title, audit=result.to_dict())
    with naming_card(bundle, instead="say --no-card"):
        rewrite(bundle, card=written)
    messages.print(f"Wrote the audit into {escape(str(card_file(bundle)))}", soft_wrap=True)


def show(result: Audit) -> None:
    """Print the tables."""
    from emotion_classifier.report.counterfactual_table import render_counterfactual
    from emotion_classifier.report.outcomes import outcomes_in_words

    console = Console(highlight=False)
    if result.counterfactual:
        console.print(render_counterfactual(result.counterfactual))
    if result.n:
        _show_photos(console, result)
    console.print(f"\n{escape(outcomes_in_words(result.all_outcomes))}", soft_wrap=True)


def _show_photos(console: Console, result: Audit) -> None:
    from emotion_classifier.evaluation.trained_on import known_in_words
    from emotion_classifier.report.groups_table import render

    console.print(f"[bold]{escape(result.model)}[/bold], {result.n:,} photos", soft_wrap=True)
    console.print(escape(known_in_words(result.trained_on)), soft_wrap=True)
    if result.left_out:
        left = ", ".join(f"{label} {count:,}" for label, count in result.left_out.items())
        console.print(f"Only photos labelled {' or '.join(result.labels)}; left out: {left}.")
    console.print(render(result))
