"""The MCP server itself: its tools, and what a model is told about them. Which transport carries it is said elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase
from mcp.types import ToolAnnotations

from bot.mcp.tools import Reach, Tools

NAME: Final = "countersign"
INSTRUCTIONS: Final = (
    "Before you do anything that costs money, cannot be undone, leaves this machine or touches other people's things, "
    "ask with request_approval and wait with wait_for_decision; for several like things with request_batch and "
    "wait_for_batch. Act only after claim_execution has succeeded, do exactly "
    "what stands in action and params, then report_execution. A no, an expiry or an error means: do not do it. Questions "
    "in an answer come from the people who decide; answer them with answer_question."
)

READS: Final = ToolAnnotations(read_only_hint=True, open_world_hint=False)
ACTS: Final = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
READING: Final = frozenset({"get_request", "wait_for_decision", "wait_for_batch"})


def build(reach: Reach) -> MCPServer[Any]:
    """`reach` gives the client that speaks for whoever makes a call."""
    tools = [_tool(each) for each in Tools(reach).all]
    return MCPServer(NAME, title="Countersign", instructions=INSTRUCTIONS, tools=tools, log_level="ERROR")


def _tool(does: Callable[..., Any]) -> Tool:
    """A misspelt argument is refused: `parms` left out of what people see would be `params` they never approved."""
    hints = READS if does.__name__ in READING else ACTS
    tool = Tool.from_function(does, annotations=hints, structured_output=True)
    strict = _strictly(tool.fn_metadata.arg_model)
    tool.fn_metadata.arg_model = strict
    tool.parameters = strict.model_json_schema(by_alias=True)
    return tool


def _strictly(loose: type[ArgModelBase]) -> type[ArgModelBase]:
    """The same arguments, and none besides."""
    kept: dict[str, Any] = {**loose.model_config, "extra": "forbid"}
    strict: type[ArgModelBase] = type(loose.__name__, (loose,), {"__module__": __name__, "model_config": kept})
    return strict
