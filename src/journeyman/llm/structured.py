"""Answers of a wanted shape: finds the JSON object in a model's words, and says what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
Schema = Mapping[str, Any]


def object_in(text: str) -> str:
    """Return the JSON object in a text, without fences and words around it; the text itself if there is none."""
    for candidate in (text, text[text.find("{") : text.rfind("}") + 1]):
        try:
            if isinstance(msgspec.json.decode(candidate), dict):
                return candidate.strip()
        except (msgspec.DecodeError, RecursionError):
            continue
    return text


def fault_of(text: str, schema: Schema) -> str:
    """Return what is wrong with an answer, for the model to read; "" if it has the shape.

    Knows the keywords that typed answers need (type, properties, required, additionalProperties, items, enum, const,
    anyOf, oneOf, $ref to $defs); others are not checked.
    """
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return f"it is not JSON: {error}"
    return next(_faults(value, schema, schema, "the answer"), "")


def _faults(value: object, schema: Schema, root: Schema, place: str) -> Iterator[str]:
    schema = _resolved(schema, root)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices and all(next(_faults(value, choice, root, place), "") for choice in choices):
        yield f"{place} fits none of the allowed shapes"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} must be one of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{place} must be {schema['const']!r}"
    wanted = schema.get("type", [])
    names = [wanted] if isinstance(wanted, str) else wanted
    if names and not any(_is(value, name) for name in names):
        yield f"{place} must be of type {' or '.join(names)}, not {type(value).__name__}"
    elif isinstance(value, dict):
        yield from _object_faults(value, schema, root, place)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from _faults(item, schema["items"], root, f"{place}[{index}]")


def _object_faults(value: dict[str, Any], schema: Schema, root: Schema, place: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{place} lacks the field '{name}'"
    others = schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in properties:
            yield from _faults(item, properties[name], root, f"{place}.{name}")
        elif others is False:
            yield f"{place} has an unknown field '{name}'"
        elif isinstance(others, dict):
            yield from _faults(item, others, root, f"{place}.{name}")


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref", "")
    return root.get("$defs", {}).get(reference.rpartition("/")[2], {}) if reference else schema


def _is(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES.get(name, (object,)))
