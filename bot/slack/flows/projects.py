"""Projects by chat: turning the list, looking."""

from __future__ import annotations

from bot.slack.admin import projects
from bot.slack.flows.base import Flow, showing, turning

MEMBER = Flow("projects", clicks={**turning("projects", projects.listed), "projects.show": showing(projects.shown)})
