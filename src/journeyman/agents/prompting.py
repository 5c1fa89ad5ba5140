"""Renders the prompts, which are files beside this one."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from journeyman.domain.request import Mode

if TYPE_CHECKING:
    from jinja2 import Environment

MARK = re.compile(r"<\s*/?\s*from\b(?=\s*>|\s+source)", re.IGNORECASE)
"""What a model could take for the beginning or the end of a quotation. Other words after `<` are code."""


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("journeyman.agents", "prompts"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(name: str, **values: object) -> str:
    """Return a prompt file filled in. `quoted` makes text from outside visible as data, not as orders."""
    return _templates().get_template(f"{name}.j2").render(quoted=quoted, **values).strip()


def mode_advice(mode: str) -> str:
    """Return what is particular about a kind of task."""
    return render(f"modes/{Mode(mode).value}")


def quoted(text: str, source: str) -> str:
    """Return text from outside between marks that name where it comes from; marks within it are made harmless."""
    harmless = MARK.sub(lambda match: match[0].replace("<", "&lt;"), text.strip())
    return f'<from source="{source}">\n{harmless}\n</from>'
