"""What is written about the API is whole, and true."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, get_args

import pytest
from django.conf import LazySettings, settings
from django.test import Client
from pydantic import BaseModel, TypeAdapter, ValidationError

from config.environment import Environment
from scoring.api import openapi
from scoring.api.naming_schemas import NamesIn
from scoring.api.problems import Refusal
from scoring.api.schemas import AlertIn, OutcomeIn
from scoring.learner.reasons import Kind
from tests.scoring.api.conftest import ApiClient

PAGE = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
ENDPOINTS = [(method.upper(), path) for path, found in openapi.document()["paths"].items() for method in found]


def described(model: type[BaseModel], field: str) -> dict[str, Any]:
    """What the document says of a field."""
    found: dict[str, Any] = openapi.document()["components"]["schemas"][model.__name__]["properties"][field]
    return found


def is_taken(kind: TypeAdapter[str], text: str) -> bool:
    try:
        return kind.validate_python(text) == text
    except ValidationError:
        return False


class TestThePage:
    @pytest.mark.parametrize(("method", "path"), ENDPOINTS)
    def test_has_every_endpoint(self, method: str, path: str) -> None:
        assert f"`{method} {path}`" in PAGE

    @pytest.mark.parametrize("name", [name for name in Environment.model_fields if name.startswith("API_")])
    def test_has_every_limit_with_its_default(self, name: str) -> None:
        assert re.search(rf"^\| `{name}` \| {Environment.model_fields[name].default:,} \|", PAGE, re.MULTILINE)

    @pytest.mark.parametrize("refusal", Refusal)
    def test_has_every_status(self, refusal: Refusal) -> None:
        assert re.search(rf"^\|[ 0-9,]*\b{refusal.status}\b", PAGE, re.MULTILINE)

    @pytest.mark.parametrize("kind", get_args(Kind))
    def test_has_every_kind_of_reason(self, kind: str) -> None:
        assert re.search(rf"^\| `{kind}` \| .+ \| .+ \| .+ \|$", PAGE, re.MULTILINE)

    def test_posts_what_the_api_takes(self) -> None:
        bodies = [json.loads(text) for text in re.findall(r"-d '(\{.*?\})'", PAGE, re.DOTALL)]
        (named,) = [body for body in bodies if "names" in body]
        assert NamesIn.model_validate(named).queue == "churn"
        bodies.remove(named)
        models = [OutcomeIn if "decision_id" in body else AlertIn for body in bodies]
        assert [model.model_validate(body).external_id for model, body in zip(models, bodies, strict=True)] == [
            "ticket-1841", "ticket-1841",
        ]  # fmt: skip

    def test_lines_of_curl_work(self, api: ApiClient) -> None:
        body = re.search(r"\$ALERTLOOP/alerts -H.*?-d '(.*?)'", PAGE, re.DOTALL)
        assert body and api.post("alerts", body[1].encode()).status_code == 201
        for path in ("alerts/ticket-1841", "verdicts?queue=churn&after=0&limit=500"):
            assert f"$ALERTLOOP/{path}" in PAGE and api.get(path).status_code == 200


class TestTheDocument:
    def test_is_openapi_3_1(self, client: Client) -> None:
        assert client.get("/api/v1/openapi.json").json()["openapi"].startswith("3.1")

    def test_describes_every_operation_and_field(self) -> None:
        for path in openapi.document()["paths"].values():
            assert all(one["summary"] and one["description"] for one in path.values())
        posted = [AlertIn.model_json_schema()["properties"], OutcomeIn.model_json_schema()["properties"]]
        assert all(field["description"] for fields in posted for field in fields.values())

    @pytest.mark.parametrize("model", [AlertIn, OutcomeIn])
    def test_refuses_the_ids_that_the_api_refuses(self, model: type[BaseModel]) -> None:
        field, taken = model.model_fields["external_id"], re.compile(described(model, "external_id")["pattern"])
        id_of = TypeAdapter(Annotated[field.annotation, *field.metadata])  # type: ignore[name-defined]
        plain = [chr(point) for point in (*range(0xD800), *range(0xE000, 0x10000))]
        for text in (*plain, *(f"{mark} " for mark in plain), *(f" {mark}b" for mark in plain)):
            assert bool(taken.search(text)) == is_taken(id_of, text), repr(text)

    def test_is_shown_on_a_page_that_loads_local_files_only(self, client: Client) -> None:
        answer = client.get("/api/v1/docs")
        addresses = re.findall(r'(?:src|href)="([^"]+)"', answer.content.decode())
        assert len(addresses) >= 7 and all(one.startswith("/") for one in addresses)
        assert "unsafe-inline" not in answer["Content-Security-Policy"]

    def test_explains_every_problem_where_its_type_leads(self, client: Client, settings: LazySettings) -> None:
        page = client.get("/api/v1/docs").content.decode()
        assert all(f'id="{refusal.slug}"' in page for refusal in Refusal)
        assert Refusal.RATE.uri == f"{settings.PUBLIC_URL}/api/v1/docs#rate"
