"""Vendored files are the published ones, byte for byte."""

import hashlib
import re
from pathlib import Path

from django.conf import settings

VENDOR = Path(settings.BASE_DIR) / "static" / "vendor"
ROW = re.compile(r"^\| (?P<file>\S+/\S+) \| \S+ \| \d+\.\d+\.\d+ \| .+ \| (?P<digest>[0-9a-f]{64}) \|$", re.MULTILINE)


def listed() -> dict[str, str]:
    return {row["file"]: row["digest"] for row in ROW.finditer((VENDOR / "VENDOR.md").read_text())}


class TestVendoredFiles:
    def test_every_file_is_listed_with_its_version_and_no_listed_file_is_missing(self) -> None:
        present = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
        assert present - {"VENDOR.md"} == listed().keys()

    def test_every_file_has_the_digest_that_is_written_down(self) -> None:
        assert listed() == {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in listed()}

    def test_no_page_loads_anything_from_another_origin(self) -> None:
        sources = [
            *Path(settings.BASE_DIR, "templates").rglob("*.html"),
            *Path(settings.BASE_DIR, "static/css").glob("*.css"),
        ]
        loads = re.compile(r"(?:src=|<link[^>]*href=|@import |url\()[\"']?(?:https?:)?//")
        assert [str(path) for path in sources if loads.search(path.read_text())] == []
