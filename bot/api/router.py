"""Who answers: an address that is spelt out is looked up, one with something to fill in is searched for as Starlette does."""

from __future__ import annotations

from collections.abc import Sequence

from starlette import routing
from starlette.types import Receive, Scope, Send

from bot.api.routes.base import Direct


class Router(routing.Router):
    """Starlette's, which tries one route after the other, knows the way for all else: other methods, slashes, nowhere."""

    def __init__(self, routes: Sequence[Direct]) -> None:
        super().__init__(routes)
        plain = [route for route in routes if not route.param_convertors]
        self._plain = {(method, route.path): route for route in plain for method in route.methods or ()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._plain.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if route is None:
            await self.app(scope, receive, send)
        else:
            scope["route"], scope["path_params"] = route, {}
            await route.answer(scope, receive, send)
