"""The site's links out of docs/: mkdocs calls this for every page, as `mkdocs.yml` says.

On GitHub a page may link to any file of the repository. The site holds docs/ alone: there such a
link leads to the repository, if it is known where that is, and else only its text stays.
"""

import posixpath
import re
from collections.abc import Mapping
from typing import Protocol

_LINK = re.compile(r"\[([^\[\]]+)\]\((\.\./[^)\s]+)\)")


class _File(Protocol):
    src_uri: str


class Page(Protocol):
    """What is needed of a page of mkdocs."""

    file: _File


def on_page_markdown(
    markdown: str, page: Page, config: Mapping[str, Mapping[str, str | None]], **_: object
) -> str:
    """The text of a page with its links out of docs/ made right for the site."""
    return rewrite(markdown, page.file.src_uri, config["extra"]["repository"])


def rewrite(markdown: str, page: str, repository: str | None) -> str:
    """The same text, its links out of docs/ replaced.

    Args:
        markdown: a page.
        page: its path in docs/, such as `how-to/train.md`.
        repository: its address on GitHub, if there is one.
    """
    folder = posixpath.join("docs", posixpath.dirname(page))

    def replaced(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, link[2]))
        if path.startswith("docs/"):
            return link[0]
        return f"[{link[1]}]({repository.rstrip('/')}/blob/main/{path})" if repository else link[1]

    return _LINK.sub(replaced, markdown)
