"""The Chinese catalog: complete, true to the English sentences, compiled, and drawn from the sources as they stand."""

import ast
import gettext
import re
import struct
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import override
from django.utils.translation.template import templatize

from feedback.templatetags import desk

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES"
APPS = ("config", "feedback", "labeling", "ops", "scoring")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [path for path in TEMPLATES if path.name != "styleguide.html"]  # it shows type in both languages

_LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"\b(_|n?p?gettext)\(({_LITERAL}(?:,\s*{_LITERAL})*)")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")


class Sentence(NamedTuple):
    """What is translated: its context and its plural where it has them, else empty."""

    context: str
    text: str
    plural: str


class Entry(NamedTuple):
    """A sentence of the catalog with its translation."""

    sentence: Sentence
    translation: str
    is_fuzzy: bool


def _entry(block: str) -> Entry:
    fields, name = {"msgctxt": "", "msgid": "", "msgid_plural": "", "msgstr": ""}, ""
    for line in block.splitlines():
        if line.startswith("msg"):
            name = re.split(r"[ \[]", line)[0]
        if line.startswith(("msg", '"')):
            fields[name] += ast.literal_eval(line[line.index('"') :])
    sentence = Sentence(fields["msgctxt"], fields["msgid"], fields["msgid_plural"])
    return Entry(sentence, fields["msgstr"], bool(re.search(r"^#,.*\bfuzzy\b", block, re.MULTILINE)))


def entries() -> list[Entry]:
    """The catalog, without its head."""
    blocks = (CATALOG / "django.po").read_text(encoding="utf-8").split("\n\n")
    return [entry for block in blocks if block.strip() and (entry := _entry(block)).sentence.text]


def _sentence(function: str, texts: list[str]) -> Sentence:
    context = texts.pop(0) if "pgettext" in function else ""
    return Sentence(context, texts[0], texts[1] if function.startswith("n") else "")


def in_python(path: Path) -> Iterator[Sentence]:
    """The sentences that a module marks, under whatever name it imports the functions that mark them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    marks = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        texts = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if "gettext" in (function := marks.get(call.func.id, "")) and texts:
            yield _sentence(function, texts)


def in_template(path: Path) -> Iterator[Sentence]:
    """The sentences that a template marks, as `makemessages` reads them."""
    for function, arguments in _CALL.findall(templatize(path.read_text(encoding="utf-8"))):
        yield _sentence(function, [ast.literal_eval(each) for each in re.findall(_LITERAL, arguments)])


def in_the_sources() -> set[Sentence]:
    """Every sentence that is marked for translation."""
    modules = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    found = {sentence for path in modules for sentence in in_python(path)}
    return found | {sentence for path in TEMPLATES for sentence in in_template(path)}


def placeholders(text: str) -> list[str]:
    """What a sentence fills in, sorted."""
    return sorted(_PLACEHOLDER.findall(text))


def words_outside_marks(template: str) -> list[str]:
    """The words of a template that a reader sees or hears and no mark translates."""
    bare = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}", "", template, flags=re.DOTALL)
    bare = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", bare, flags=re.DOTALL)
    bare = re.sub(r"{% block main_class %}.*?{% endblock %}", "", bare)
    bare = re.sub(r"{%.*?%}|{{.*?}}", "", bare, flags=re.DOTALL)
    said = re.findall(r'(?:aria-label|placeholder|title|alt)="([^"]*)"', bare)
    shown = re.sub(r"<[^>]*>", " ", re.sub(r"<(script|style)\b.*?</\1>", " ", bare, flags=re.DOTALL))
    return re.findall(r"[A-Za-z]{2,}", " ".join([shown, *said]))


class TestTheChineseCatalog:
    def test_translates_every_sentence(self) -> None:
        assert entries()
        assert [entry.sentence for entry in entries() if not entry.translation.strip()] == []

    def test_has_no_guess_in_it(self) -> None:
        assert [entry.sentence for entry in entries() if entry.is_fuzzy] == []

    def test_fills_in_what_the_english_sentence_fills_in(self) -> None:
        for sentence, translation, _ in entries():
            assert placeholders(translation) == placeholders(sentence.plural or sentence.text), sentence

    def test_holds_the_sentences_of_the_sources_and_no_others(self) -> None:
        assert {entry.sentence for entry in entries()} == in_the_sources()

    def test_says_each_sentence_once(self) -> None:
        assert len({entry.sentence for entry in entries()}) == len(entries())

    def test_is_written_with_chinese_marks(self) -> None:
        ascii_mark = re.compile(r"[一-鿿][,;:?!]|[,;:?!][一-鿿]")
        assert [entry.translation for entry in entries() if ascii_mark.search(entry.translation)] == []

    def test_keeps_a_space_between_chinese_and_numbers(self) -> None:
        touching = re.compile(r"[一-鿿](?:\d|[A-Za-z]{2})|\d[一-鿿]")
        assert [entry.translation for entry in entries() if touching.search(entry.translation)] == []


class TestTheCompiledCatalog:
    def test_says_what_the_catalog_says(self) -> None:
        with (CATALOG / "django.mo").open("rb") as file:
            compiled = gettext.GNUTranslations(file)
        for (context, text, plural), translation, _ in entries():
            key = f"{context}\x04{text}" if context else text
            assert (compiled.ngettext(key, plural, 2) if plural else compiled.gettext(key)) == translation

    def test_says_nothing_else(self) -> None:
        magic, _, count = struct.unpack("<3I", (CATALOG / "django.mo").read_bytes()[:12])
        assert magic == 0x950412DE
        assert count == len(entries()) + 1  # and the head


class TestATemplate:
    @pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
    def test_marks_every_word(self, path: Path) -> None:
        names = {"Alertloop", "CSV", "Esc", "openapi", "json"}
        assert [word for word in words_outside_marks(path.read_text(encoding="utf-8")) if word not in names] == []


class TestTheReadersLanguage:
    @pytest.mark.parametrize(("code", "said"), [("wechat", "微信"), ("CHAT", "在线客服"), ("fax", "fax")])
    def test_names_the_channels_that_are_common(self, code: str, said: str) -> None:
        with override("zh-hans"):
            assert desk.channel(code) == said

    @pytest.mark.parametrize(("days", "said"), [(3, "3 天前"), (100, "3 个月前")])
    def test_says_an_age_as_people_do(self, days: int, said: str) -> None:
        now = timezone.now()
        with override("zh-hans"):
            assert desk.ago(now - timedelta(days=days), now).replace("\N{NO-BREAK SPACE}", " ") == said

    def test_names_every_relation_in_the_administration(self) -> None:
        ours = [model for model in admin.site._registry if model._meta.app_label in APPS]
        with override("zh-hans"):
            names = {str(field.verbose_name) for model in ours for field in model._meta.fields if field.is_relation}
        assert names and not [name for name in names if name.isascii()]
