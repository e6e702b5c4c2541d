"""Puts the API together: every file of `routes/`, the gate in front, refusals mapped, the description of it all."""

from __future__ import annotations

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

Api = FastAPI
"""What others may call the application without knowing its framework."""

VERSION = "1"
ABOUT = (
    "A human yes, in Slack, for anything that should not happen without one. Every refusal is a problem document "
    "(RFC 9457) with a stable `code`. Every POST takes `Idempotency-Key`. Moments are UTC."
)


IDEMPOTENCY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeat with the same key, address and body gets the first answer again, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def create_app(house: House) -> FastAPI:
    """An ASGI application on the given rooms. It owns none of them: whoever made them closes them."""
    app = FastAPI(title="Countersign", version=VERSION, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.house = house
    found: dict[str, Routes] = members(routes)
    for resource in found.values():
        app.include_router(resource.router)
    app.include_router(docs)
    app.add_exception_handler(ApprovalError, on_refusal)
    app.add_exception_handler(HTTPException, on_http)
    app.add_middleware(Gate, house=house)
    app.state.openapi = describe(app, house, found)
    return app


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
    components.setdefault("schemas", {}).update(schema["$defs"])
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            operation.get("responses", {}).pop("422", None)
            if path.startswith("/v1") and path not in OPEN_PATHS:
                operation["security"] = [{"bearer": []}]
                if method == "post":
                    operation.setdefault("parameters", []).append(IDEMPOTENCY)
    return described
