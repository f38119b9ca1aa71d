"""What the site makes of links out of docs/."""

from tools.site_links import rewrite

ADDRESS = "https://example.org/owner/lenta"


def test_a_link_to_a_file_of_the_repository_leads_there() -> None:
    text = "See [the\nSQL](../../train/sql/clean.sql)."
    assert rewrite(text, "decisions/0001.md", ADDRESS) == (
        f"See [the\nSQL]({ADDRESS}/blob/main/train/sql/clean.sql)."
    )


def test_only_its_text_stays_where_nobody_knows_the_repository() -> None:
    assert rewrite("[tests/faults](../tests/faults)", "architecture.md", None) == "tests/faults"


def test_links_among_the_documents_stay_as_they_are() -> None:
    text = "[train](../how-to/train.md#options), [the API](api.md), [Dask](https://www.dask.org)"
    assert rewrite(text, "reference/stack.md", ADDRESS) == text
