"""`/openapi.json` and `/docs`: the same description for programs and, as one plain page that needs no network, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from bot.api.routes.base import Direct

router = APIRouter(include_in_schema=False, route_class=Direct)

STYLE: Final = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
details{border-top:1px solid #8884;padding:.5rem 0}summary{cursor:pointer}code,pre{font:14px/1.4 ui-monospace,monospace}
b{display:inline-block;min-width:4.5rem}pre{overflow:auto;padding:.75rem;background:#8881;border-radius:6px}
.sub{opacity:.7;margin-left:.5rem}h2{margin-top:2rem;text-transform:capitalize}table{border-spacing:0 .25rem}
td{vertical-align:top;padding-right:1rem}
"""
HEADERS: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"}


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    return JSONResponse(request.app.openapi())


@router.get("/docs")
async def docs(request: Request) -> Response:
    return HTMLResponse(page(request.app.openapi()), headers=HEADERS)


@router.get("/")
async def root(_: Request) -> Response:
    return RedirectResponse("/docs")


def page(description: dict[str, Any]) -> str:
    """Every operation with what it takes, an example, and what it answers."""
    info = description["info"]
    parts = "".join(_group(tag, operations) for tag, operations in _by_tag(description).items())
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style>"
        f"<h1>{escape(info['title'])} API</h1><p>{escape(info['description'])}</p>"
        f"<p>For programs: <a href='/openapi.json'>/openapi.json</a>.</p>{parts}</html>"
    )


def _by_tag(description: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    schemas = description["components"]["schemas"]
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["other"])[0]
            found.setdefault(tag, []).append(_operation(method, path, operation, schemas))
    return found


def _group(tag: str, operations: list[str]) -> str:
    return f"<h2>{escape(tag)}</h2>{''.join(operations)}"


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    return (
        f"<details><summary><b>{method.upper()}</b><code>{escape(path)}</code>"
        f"<span class=sub>{escape(operation.get('summary', ''))}</span></summary>"
        f"{''.join(_takes(operation, schemas))}{_answers(operation)}</details>"
    )


def _takes(operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    parameters = operation.get("parameters", [])
    if parameters:
        yield f"<p>Takes</p>{_table((one['name'], _parameter(one)) for one in parameters)}"
    media = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if media is None:
        return
    schema = schemas[media["schema"]["$ref"].rpartition("/")[2]]
    required = set(schema.get("required", ()))
    fields = schema.get("properties", {})
    rows = ((name, ("required. " if name in required else "") + _kind(field)) for name, field in fields.items())
    yield f"<p>Body. {escape(schema.get('description', ''))}</p>{_table(rows)}"
    if "example" in media:
        yield f"<pre>{escape(json.dumps(media['example'], indent=2, ensure_ascii=False))}</pre>"


def _parameter(parameter: dict[str, Any]) -> str:
    return f"in the {parameter['in']}. {_kind(parameter['schema'])}"


def _answers(operation: dict[str, Any]) -> str:
    rows = ((status, answer["description"]) for status, answer in operation.get("responses", {}).items())
    return f"<p>Answers</p>{_table(rows)}"


def _table(rows: Any) -> str:
    cells = (f"<tr><td><code>{escape(name)}</code><td>{escape(text)}" for name, text in rows)
    return f"<table>{''.join(cells)}</table>"


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words, like `string` or `one of a, b`."""
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or schema.get("const") or "anything")
