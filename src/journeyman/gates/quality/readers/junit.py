"""JUnit XML, as pytest, jest, gotestsum, surefire and many others write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from journeyman.domain.checks import TestCase, TestStatus
from journeyman.gates.quality.readers.reading import NOTHING, Reading, number, place, short, worst_of_each

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    Naming = Callable[[Element], str]

STATUS = {"failure": TestStatus.FAILED, "error": TestStatus.ERROR, "skipped": TestStatus.SKIPPED}


def read_junit(output: str, report: str | None) -> Reading:
    """Read a report, or an output that is one."""
    return junit_reading(report or output, _plain_name)


def read_pytest_report(report: str) -> Reading:
    """Read the report of pytest; the names are pytest's own node ids (junit_family xunit1 tells the file)."""
    return junit_reading(report, _node_id)


def junit_reading(text: str, naming: Naming) -> Reading:
    """Read the XML. A document type is refused: nothing that writes test reports needs one."""
    from xml.etree import ElementTree

    start = text.find("<testsuite")
    if start < 0 or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return NOTHING
    try:
        root = ElementTree.fromstring(text[start:])
    except (ElementTree.ParseError, ValueError):
        return NOTHING
    return Reading(tests=worst_of_each(_case(element, naming) for element in root.iter("testcase")))


def _case(element: Element, naming: Naming) -> TestCase:
    name, path, line = naming(element), place(element.get("file", "")), number(element.get("line"))
    verdict = next((child for child in element if child.tag in STATUS), None)
    if verdict is None:
        return TestCase(name=name, status=TestStatus.PASSED, path=path, line=line)
    message = _message(verdict.get("message") or "", verdict.text or "")
    places = re.findall(rf"(?m)^{re.escape(path)}:(\d{{1,7}}): ", verdict.text or "") if path else []
    line = int(places[-1]) if places else line
    return TestCase(name=name, status=STATUS[verdict.tag], message=short(message), path=path, line=line)


def _message(message: str, text: str) -> str:
    """Return what went wrong; of a file that cannot be imported, the last line of the reason."""
    if message and message != "collection failure":
        return message
    reasons = re.findall(r"(?m)^E +(\S.*)$", text)
    return reasons[-1] if reasons else text or message


def _plain_name(element: Element) -> str:
    owner = element.get("classname") or element.get("file") or ""
    return f"{owner}::{element.get('name', '')}" if owner else element.get("name", "")


def _node_id(element: Element) -> str:
    path, owner, name = element.get("file", ""), element.get("classname", ""), element.get("name", "")
    if not path:
        return f"{name.replace('.', '/')}.py" if not owner else f"{owner}::{name}"
    module = re.sub(r"\.py$", "", path).replace("/", ".")
    if not owner and name == module:
        return path
    classes = owner.removeprefix(module).strip(".")
    return "::".join([path, *(classes.split(".") if classes else ()), name])
