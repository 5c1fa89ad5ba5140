"""Owns what the coder may call; refuses to act outside the sandbox."""

from journeyman.tools.commands import command_tools
from journeyman.tools.contract import OFFERED, Offered, Tool, Toolbox, ToolRefused
from journeyman.tools.files import file_tools
from journeyman.tools.mcp import McpAddress, McpLimits, McpTools
from journeyman.tools.toolbox import ToolSet

__all__ = [
    "OFFERED",
    "McpAddress",
    "McpLimits",
    "McpTools",
    "Offered",
    "Tool",
    "ToolRefused",
    "ToolSet",
    "Toolbox",
    "command_tools",
    "file_tools",
]
