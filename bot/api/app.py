"""Puts the API together: every file of `routes/`, the gate in front, refusals mapped, the description of it all."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException

from bot.api import routes
from bot.api.docs import router as docs
from bot.api.gate import OPEN_PATHS, Gate
from bot.api.house import House
from bot.api.problems import on_http, on_refusal
from bot.api.routes.base import REF, Routes
from bot.wire.showing import Problem
from core.collection import members
from core.errors import ApprovalError

VERSION = "1"
ABOUT = (
    "A human yes, in Slack, for anything that should not happen without one. Every refusal is a problem document "
    "(RFC 9457) with a stable `code`. Every POST takes `Idempotency-Key`. Moments are UTC. "
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


class Api(FastAPI):
    """The application. Its description is drawn when it is first asked for: that takes longer than all else here."""

    def __init__(self, house: House, resources: dict[str, Routes]) -> None:
        super().__init__(title="Countersign", version=VERSION, openapi_url=None, docs_url=None, redoc_url=None)
        self.state.house = house
        self._resources = resources

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = describe(self, self.state.house, self._resources)
        return self.openapi_schema


def create_app(house: House) -> Api:
    """An ASGI application on the given rooms. It owns none of them: whoever made them closes them."""
    resources: dict[str, Routes] = members(routes)
    app = Api(house, resources)
    for resource in sorted(resources.values(), key=_place):
        app.router.routes.extend(resource.router.routes)
    app.include_router(docs)
    app.add_exception_handler(ApprovalError, on_refusal)
    app.add_exception_handler(HTTPException, on_http)
    app.add_middleware(Gate, house=house)
    return app


def _place(resource: Routes) -> int:
    return OFTEN.index(resource.word) if resource.word in OFTEN else len(OFTEN)


def describe(app: FastAPI, house: House, found: dict[str, Routes]) -> dict[str, Any]:
    """The OpenAPI description: FastAPI's of paths and answers, ours of what routes read themselves."""
    described = get_openapi(
        title=app.title,
        version=app.version,
        description=ABOUT,
        routes=app.routes,
        servers=[{"url": house.url}],
    )
    shapes: list[type[BaseModel]] = [Problem, *(shape for resource in found.values() for shape in resource.shapes)]
    _, schema = models_json_schema([(shape, "validation") for shape in shapes], ref_template=REF)
    components = described.setdefault("components", {})
    components["schemas"] = {**schema["$defs"], **components.get("schemas", {})}
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            operation.get("responses", {}).pop("422", None)
            if path.startswith("/v1") and path not in OPEN_PATHS:
                operation["security"] = [{"bearer": []}]
                if method == "post":
                    operation.setdefault("parameters", []).append(IDEMPOTENCY)
    plain: dict[str, Any] = json.loads(json.dumps(described))  # phrases among the examples are texts like any others
    return plain
