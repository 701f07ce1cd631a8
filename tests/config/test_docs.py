"""Documentation that fails the build when it stops being true."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
OURS = ("feedback", "scoring", "labeling", "ops")


def page_id(document: Path) -> str:
    return str(document.relative_to(ROOT))


def slug_of(heading: str) -> str:
    """The address of a heading within its page, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class TestReadme:
    def test_it_stays_short(self) -> None:
        assert len((ROOT / "README.md").read_text().splitlines()) < 150

    def test_every_top_level_folder_is_on_its_map(self) -> None:
        text = (ROOT / "README.md").read_text()
        folders = {path.parent.name for path in ROOT.glob("*/*.py")} | {"templates", "static", "locale", "docs"}
        assert {folder for folder in folders if f"{folder}/" not in text} <= {"migrations"}

    def test_the_make_targets_it_names_exist(self) -> None:
        named = set(re.findall(r"^    make (\w+)", (ROOT / "README.md").read_text(), re.M))
        targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
        assert named and named <= targets


class TestEveryPage:
    @pytest.mark.parametrize("document", PAGES, ids=page_id)
    def test_its_links_lead_somewhere(self, document: Path) -> None:
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
        assert [link for link in links if not (document.parent / link).exists()] == []

    @pytest.mark.parametrize("document", PAGES, ids=page_id)
    def test_its_links_to_its_own_headings_lead_to_one(self, document: Path) -> None:
        text = document.read_text()
        headings = {slug_of(heading) for heading in re.findall(r"^#+ (.+)$", text, re.M)}
        assert [place for place in re.findall(r"\]\(#([^)]+)\)", text) if place not in headings] == []

    @pytest.mark.parametrize("document", PAGES, ids=page_id)
    def test_the_files_it_names_exist(self, document: Path) -> None:
        named = re.findall(
            r"`((?:feedback|scoring|labeling|config|ops|tests|bench|docs)/[\w/.-]+)`", document.read_text()
        )
        assert [name for name in named if not (ROOT / name).exists()] == []

    @pytest.mark.parametrize("document", PAGES, ids=page_id)
    def test_the_commands_it_names_exist(self, document: Path) -> None:
        named = set(re.findall(r"manage\.py (\w+)", document.read_text()))
        assert named <= set(get_commands())


class TestCommands:
    def test_every_command_of_ours_is_documented(self) -> None:
        ours = {name for name, app in get_commands().items() if app in OURS}
        text = "".join(page.read_text() for page in PAGES)
        assert {name for name in ours if f"manage.py {name}" not in text} == set()


class TestDecisions:
    def test_numbers_are_unique(self) -> None:
        numbers = [path.name[:4] for path in (ROOT / "docs/decisions").glob("*.md")]
        assert len(numbers) == len(set(numbers))
