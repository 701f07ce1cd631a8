"""A scorer's engineer reads the API's documentation in a browser that is allowed local files only."""

from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer


def test_an_engineer_reads_how_to_post_an_alert(page: Page, live_server: LiveServer, transactional_db: None) -> None:
    said, asked = [], []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}/api/v1/docs")
    page.get_by_text("Post one alert", exact=True).click()
    expect(page.get_by_text("201 and its score; 200 and the same answer")).to_be_visible()
    expect(page.get_by_role("button", name="Authorize")).to_be_visible()
    expect(page.get_by_role("rowheader", name="The id is taken")).to_be_visible()
    assert [line for line in said if line.startswith("error")] == []
    assert all(address.startswith((live_server.url, "data:")) for address in asked)
