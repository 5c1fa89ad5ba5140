"""Owns what the coder may call; refuses to act outside the sandbox."""

from journeyman.tools.commands import command_tools
from journeyman.tools.contract import Tool, Toolbox, ToolRefused
from journeyman.tools.files import file_tools
from journeyman.tools.mcp import McpAddress, McpLimits, McpTools
from journeyman.tools.toolbox import ToolSet

__all__ = [
    "McpAddress",
    "McpLimits",
    "McpTools",
    "Tool",
    "ToolRefused",
    "ToolSet",
    "Toolbox",
    "command_tools",
    "file_tools",
]
