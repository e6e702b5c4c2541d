"""Loads FastAPI, its own shapes of OpenAPI left as they are: half of what it costs, and wanted only to draw the description.

Whoever loads FastAPI loads this first; pydantic makes the shapes ready when the first description is drawn.
"""

from __future__ import annotations

from pydantic import BaseModel

BaseModel.model_config["defer_build"] = True
import fastapi.openapi.models  # noqa: E402, F401 - see above

del BaseModel.model_config["defer_build"]
