"""Which Python satisfies `requires-python`, down to minor versions."""

from __future__ import annotations

import re

CLAUSE = re.compile(r"(===|~=|==|!=|<=|>=|<|>|\^|~)?\s*(\d+)(?:\.(\d+|\*))?(\.[\d*]+)?")


def satisfies(version: tuple[int, int], requires: str) -> bool:
    """Whether a version (major, minor) fits a specifier; what is not understood fits."""
    return all(fits(version, clause.strip()) for clause in requires.split(",") if clause.strip())


def fits(version: tuple[int, int], clause: str) -> bool:
    """Whether a version fits one clause. Patch levels count only where they exclude a whole minor version."""
    match = CLAUSE.fullmatch(clause)
    if match is None:
        return True
    operator, major, minor, patch = match[1] or "==", int(match[2]), match[3], match[4]
    if minor in (None, "*"):
        return compare(operator, version[:1], (major,), exact=minor is None)
    bound = (major, int(minor or 0))
    if operator == "<" and patch and patch.strip(".0*"):
        return version <= bound
    if operator == ">" and patch:
        return version >= bound
    if operator == "!=" and patch not in (None, ".*"):
        return True
    return compare(operator, version, bound, exact=patch is None)


def compare(operator: str, version: tuple[int, ...], bound: tuple[int, ...], *, exact: bool) -> bool:
    """Compare as the operator says. `~=3.8` and `^3.8` stay within 3, `~=3.8.1` and `~3.8` within 3.8."""
    match operator:
        case ">=":
            return version >= bound
        case ">":
            return version > bound
        case "<=":
            return version <= bound
        case "<":
            return version < bound
        case "!=":
            return version != bound
        case "^":
            return version >= bound and version[0] == bound[0]
        case "~=" if exact:
            return version >= bound and version[0] == bound[0]
    return version == bound
