"""Gradio blocks of a page that is answered by keyboard: one piece of HTML, and what a key or a click in it sets off.

Import this module only after `offline.go_offline()`: Gradio reads its environment when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr


def keyed_blocks(
    title: str, script: str, *, act: Callable[[Any, Any], str], resume: Callable[[], str]
) -> gr.Blocks:
    """Lay out a page, to be mounted by `keyed_page.build_page`, which says what the parameters are."""
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True) as blocks:
        page = gr.HTML("", js_on_load=script, elem_id="rv-page")
        quiet: Any = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 1}

        def answer(event: gr.EventData) -> str:
            return act(event.action, event.place)

        page.click(answer, None, page, **quiet)
        blocks.load(resume, None, page, **quiet)
    return blocks
