"""Theme, single-key shortcuts, style guide, log-in and error pages."""

import pytest
from django.contrib.auth.models import User
from django.shortcuts import render
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from pytest_django import Settings


class TestPreferences:
    @pytest.mark.parametrize(("name", "value"), [("theme", "dark"), ("theme", "auto"), ("hotkeys", "off")])
    def test_a_choice_is_kept_and_the_person_stays_on_the_page(self, name: str, value: str) -> None:
        answer = Client().post("/preferences/", {name: value, "next": "/queues/?a=1"})
        assert answer["Location"] == "/queues/?a=1"
        assert answer.cookies[name].value == value

    @pytest.mark.parametrize("data", [{"theme": "pink"}, {"hotkeys": '"><script>'}, {"session": "x"}])
    def test_what_is_no_choice_of_ours_is_not_kept(self, data: dict[str, str]) -> None:
        assert not Client().post("/preferences/", data).cookies

    @pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
    def test_nobody_is_led_away(self, address: str) -> None:
        assert Client().post("/preferences/", {"theme": "dark", "next": address})["Location"] == "/"

    @pytest.mark.django_db
    def test_the_first_paint_has_the_theme_and_a_forged_cookie_changes_nothing(self) -> None:
        client = Client()
        client.cookies["theme"], client.cookies["hotkeys"] = "dark", "off"
        assert '<html lang="en" data-theme="dark" data-hotkeys="off">' in client.get("/login/").content.decode()
        client.cookies["theme"], client.cookies["hotkeys"] = '"onload=x', "maybe"
        assert '<html lang="en">' in client.get("/login/").content.decode()


@pytest.mark.django_db
class TestStyleGuide:
    def test_shows_staff_every_component(self, rhea: User) -> None:
        rhea.is_staff = True
        rhea.save()
        client = Client()
        client.force_login(rhea)
        assert client.get("/styleguide/").status_code == 200

    def test_does_not_exist_for_others(self, rhea: User, settings: Settings) -> None:
        settings.DEBUG = False
        client = Client()
        client.force_login(rhea)
        assert client.get("/styleguide/").status_code == 404


class TestErrorPages:
    @pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500", "lockout"])
    def test_every_page_says_what_to_do_and_needs_no_context(self, code: str) -> None:
        assert 'href="/"' in render_to_string(f"{code}.html")

    @pytest.mark.django_db
    def test_a_missing_page_is_ours(self) -> None:
        answer = Client().get("/no/such/page/")
        assert answer.status_code == 404
        assert "There is nothing here" in answer.content.decode()

    def test_keeps_the_theme(self) -> None:
        request = RequestFactory(headers={"Cookie": "theme=dark"}).get("/")
        assert 'data-theme="dark"' in render(request, "404.html").content.decode()
