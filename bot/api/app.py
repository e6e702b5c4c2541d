"""Puts the API together: every file of `routes/`, the gate in front, refusals mapped, the description of it all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import bot.api.late  # noqa: F401 - before FastAPI: see there

# isort: split
from fastapi.encoders import jsonable_encoder
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from bot.api import routes
from bot.api.docs import router as docs
from bot.api.gate import OPEN_PATHS, Gate
from bot.api.house import House
from bot.api.router import Router
from bot.api.routes.base import REF, Answered, Direct, Routes, Taken
from bot.wire.showing import Problem
from core.collection import members

TITLE = "Countersign"
VERSION = "1"
ABOUT = (
    "A human yes, in Slack, for anything that should not happen without one. Every refusal is a problem document "
    "(RFC 9457) with a stable `code`. Every POST takes `Idempotency-Key`. Moments are UTC. "
    "A personal token reads and asks; one by the code of `/countersign login deciding` also decides and, for admins, changes "
    "what is set up. "
    "AI agents may use MCP tools instead: `countersign mcp`, or `/mcp` here where it is switched on."
)


OFTEN: Final = ("requests", "decisions")
"""Asked for all day long: their paths are looked through before the others."""

IDEMPOTENCY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeat with the same key, address and body gets the first answer again, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


class Api:
    """The application: the gate, and behind it at once whoever answers. FastAPI only describes.

    The description is drawn when it is first asked for: that takes longer than all else here.
    """

    def __init__(self, house: House, resources: dict[str, Routes]) -> None:
        found = [*(resource.router for resource in sorted(resources.values(), key=_place)), docs]
        self.house = house
        self.router = Router([route for router in found for route in router.routes if isinstance(route, Direct)])
        self._resources = resources
        self._gate = Gate(self.router, house)
        self._description: dict[str, Any] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        await self._gate(scope, receive, send)

    @property
    def routes(self) -> list[BaseRoute]:
        return self.router.routes

    def openapi(self) -> dict[str, Any]:
        if self._description is None:
            self._description = describe(self.routes, self.house, self._resources)
        return self._description


def create_app(house: House) -> Api:
    """An ASGI application on the given rooms. It owns none of them: whoever made them closes them."""
    return Api(house, members(routes))


def _place(resource: Routes) -> int:
    return OFTEN.index(resource.word) if resource.word in OFTEN else len(OFTEN)


def describe(served: list[BaseRoute], house: House, found: dict[str, Routes]) -> dict[str, Any]:
    """The OpenAPI description: FastAPI's of paths and answers, ours of what routes read themselves."""
    described = get_openapi(
        title=TITLE,
        version=VERSION,
        description=ABOUT,
        routes=served,
        servers=[{"url": house.url}],
    )
    components = described.setdefault("components", {})
    refs, said = _defined([one.shape for route in _described(served) for _, one in _answers(route)], "serialization")
    _, read = _defined([Problem, *(shape for resource in found.values() for shape in resource.shapes)], "validation")
    components["schemas"] = read | _present(said) | components.get("schemas", {})
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for route in _described(served):
        for method in route.methods or ():
            _spell_out(route, described["paths"][route.path_format][method.lower()], refs)
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            operation.get("responses", {}).pop("422", None)
            if path.startswith("/v1") and path not in OPEN_PATHS:
                operation["security"] = [{"bearer": []}]
                if method == "post":
                    operation.setdefault("parameters", []).append(IDEMPOTENCY)
    plain: dict[str, Any] = json.loads(json.dumps(described))  # phrases among the examples are texts like any others
    return plain


def _described(served: list[BaseRoute]) -> Iterator[APIRoute]:
    return (route for route in served if isinstance(route, APIRoute) and route.include_in_schema)


def _answers(route: APIRoute) -> Iterator[tuple[str, Answered]]:
    return ((str(status), said) for status, said in route.responses.items() if isinstance(said, Answered))


def _defined(shapes: Iterable[type[BaseModel]], mode: JsonSchemaMode) -> tuple[Mapping[Any, Any], Mapping[str, Any]]:
    """How each shape is referred to, and what all of them mean, by name."""
    refs, schema = models_json_schema([(shape, mode) for shape in dict.fromkeys(shapes)], ref_template=REF)
    return refs, schema["$defs"]


def _spell_out(route: APIRoute, operation: dict[str, Any], refs: Mapping[Any, Any]) -> None:
    """What routes say of themselves in shapes, which FastAPI is not told of: see `Answered`."""
    for status, said in _answers(route):
        operation["responses"][status]["content"]["application/json"]["schema"] = refs[said.shape, "serialization"]
    parameters = route.openapi_extra.parameters() if isinstance(route.openapi_extra, Taken) else []
    if parameters:
        operation["parameters"] = [*operation.get("parameters", ()), *_present(parameters)]


def _present(described: Any) -> Any:
    """Without what is null, which FastAPI leaves out, too."""
    return jsonable_encoder(described, exclude_none=True)
