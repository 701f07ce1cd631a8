"""The addresses of the API. A view translates, makes one call, translates back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.generic import TemplateView
from drf_spectacular.utils import extend_schema
from pydantic import BaseModel
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from scoring.api import openapi
from scoring.api.authentication import Caller, KeyAuthentication
from scoring.api.bodies import JSON, NDJSON, JSONBody, NDJSONBody, guard_body
from scoring.api.card_schemas import CardQuery, ReportCardOut
from scoring.api.cards import read_card
from scoring.api.history import read_alert, read_verdicts
from scoring.api.intake import at_most_a_batch, checked, post_alerts
from scoring.api.naming import put_names, read_names
from scoring.api.naming_schemas import NamesIn, NamesOut, NamesQuery
from scoring.api.outcomes import post_outcomes
from scoring.api.problems import Problem, Refusal, answer_problem
from scoring.api.schemas import (
    AlertIn,
    AlertOut,
    BatchOut,
    OutcomeIn,
    OutcomeOut,
    OutcomesOut,
    Scored,
    Taken,
    VerdictPage,
    VerdictQuery,
)
from scoring.api.throttling import spend

MOST = settings.API_MAX_BATCH


class ScorerView(APIView):
    """What every address for scorers has in common: a key, a guarded body, problem documents."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (KeyAuthentication,)
    renderer_classes = (JSONRenderer,)  # for negotiation only: answers are bytes already
    parser_classes: Sequence[type[BaseParser]] = (JSONBody,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """1. Negotiate and ask who it is. 2. Refuse a body by its headers."""
        super().initial(request, *args, **kwargs)
        if request.auth is None:
            raise NotAuthenticated("There is no API key.")
        if request.method in ("POST", "PUT") and hasattr(self, request.method.lower()):
            guard_body(request)

    def get_exception_handler(self) -> Any:
        """Problems, whatever REST_FRAMEWORK says for others."""
        return answer_problem

    # The framework's description of itself is not offered: the schema is.
    http_method_names = ("get", "post", "put", "head")

    def caller(self, alerts: int = 1) -> Caller:
        """Who asks, after paying for so many alerts."""
        caller = cast(Caller, self.request.auth)
        spend(scorer_id=caller.scorer.pk, alerts=alerts, now=timezone.now())
        return caller


def one(result: Taken[Any] | Problem) -> HttpResponse:
    """The answer to a single item. Raises the `Problem` that refused it."""
    if isinstance(result, Problem):
        raise result
    return answer(result.body, result.status)


def answer(body: BaseModel, status: int = 200) -> HttpResponse:
    """A model as the answer's JSON."""
    return HttpResponse(body.model_dump_json(), JSON, status)


class Alerts(ScorerView):
    """`/alerts`"""

    @extend_schema(operation_id="post_alert", request=AlertIn, responses={200: Scored, 201: Scored})
    def post(self, request: Request) -> HttpResponse:
        """Post one alert

        201 and its score; 200 and the same answer where the same alert was posted before.
        """
        return one(*post_alerts(self.caller(), [request.data], timezone.now()))


class AlertBatch(ScorerView):
    """`/alerts/batch`"""

    parser_classes = (JSONBody, NDJSONBody)

    @extend_schema(
        operation_id="post_alerts",
        request=dict.fromkeys((JSON, NDJSON), openapi.many_of(AlertIn, MOST)),
        responses={200: BatchOut},
    )
    def post(self, request: Request) -> HttpResponse:
        """Post up to 1,000 alerts

        A JSON array, or one alert a line as NDJSON. A result per item, in order; a bad one leaves the others alone.
        """
        items = at_most_a_batch(request.data)
        return answer(BatchOut.of(post_alerts(self.caller(len(items)), items, timezone.now())))


class AlertDetail(ScorerView):
    """`/alerts/{external_id}`"""

    @extend_schema(operation_id="read_alert", responses={200: AlertOut}, parameters=[openapi.external_id()])
    def get(self, request: Request, external_id: str) -> HttpResponse:
        """Read an alert with its history

        What was posted, what was done with it (exposures), and every verdict, without people's names.
        """
        return answer(read_alert(self.caller(), external_id))


class Verdicts(ScorerView):
    """`/verdicts`"""

    @extend_schema(
        operation_id="read_verdicts", responses={200: VerdictPage}, parameters=openapi.parameters_of(VerdictQuery)
    )
    def get(self, request: Request) -> HttpResponse:
        """Follow the verdicts about your alerts

        Start with `after=0`, pass the answer's `next` as `after`, and stop while `more` is false.
        """
        query = checked(VerdictQuery, request.query_params.dict())
        return answer(read_verdicts(self.caller(), query))


class ReportCard(ScorerView):
    """`/report-card`"""

    @extend_schema(
        operation_id="read_report_card", responses={200: ReportCardOut}, parameters=openapi.parameters_of(CardQuery)
    )
    def get(self, request: Request) -> HttpResponse:
        """Read the report card of a version of yours

        Its precision beside the naive figure, where it is wrong, its clearest false positives, how far its own score
        can be trusted, and what changed since the version before.
        """
        query = checked(CardQuery, request.query_params.dict())
        return answer(read_card(self.caller(), query, timezone.now()))


class FeatureNames(ScorerView):
    """`/feature-names`"""

    @extend_schema(
        operation_id="read_feature_names", responses={200: NamesOut}, parameters=openapi.parameters_of(NamesQuery)
    )
    def get(self, request: Request) -> HttpResponse:
        """Read what a queue calls its features

        The names that people see in the place of keys, and who gave each.
        """
        query = checked(NamesQuery, request.query_params.dict())
        return answer(read_names(self.caller(), query.queue))

    @extend_schema(operation_id="put_feature_names", request=NamesIn, responses={200: NamesOut})
    def put(self, request: Request) -> HttpResponse:
        """Say what your features are called

        All of them each time: a name of yours that is left out is dropped. A name that a person wrote, or another
        scorer sent, stays, and the feature is listed in `kept`.
        """
        return answer(put_names(self.caller(), checked(NamesIn, request.data)))


class Outcomes(ScorerView):
    """`/outcomes`"""

    parser_classes = (JSONBody, NDJSONBody)

    @extend_schema(
        operation_id="post_outcomes",
        request={JSON: openapi.one_or_many(OutcomeIn, MOST), NDJSON: openapi.many_of(OutcomeIn, MOST)},
        responses={200: openapi.any_of(OutcomeOut, OutcomesOut), 201: OutcomeOut},
    )
    def post(self, request: Request) -> HttpResponse:
        """Post one outcome, or many

        One is answered like one alert; an array or NDJSON with a result per item, in order.
        """
        many = isinstance(request.data, list)
        items = at_most_a_batch(request.data if many else [request.data])
        results = post_outcomes(self.caller(len(items)), items, timezone.now())
        return answer(OutcomesOut.of(results)) if many else one(*results)


class Unknown(ScorerView):
    """Every other address below /api/: a 404 that says so, with or without a key."""

    authentication_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Nothing is here."""
        raise Problem(Refusal.NOT_FOUND, f"There is no {request.path}.")


def openapi_document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI 3.1 document."""
    return HttpResponse(openapi.as_bytes(), JSON)


class Docs(TemplateView):
    """The readable page: the document in Swagger UI, and what each kind of problem means."""

    template_name = "scoring/api_docs.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Every kind of problem."""
        return super().get_context_data(refusals=list(Refusal), **kwargs)
