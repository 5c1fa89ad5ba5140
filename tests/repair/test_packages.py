"""A package of Node that is missing is declared as its neighbours are; a name that may be a trap is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from journeyman.domain.checks import Check, CheckKind
from journeyman.repair.fixers import MissingPackages
from journeyman.repair.fixers.missing_packages import package_of
from journeyman.repair.fixers.node_manifests import with_package

from .shell import Folder

TWO = '{\n  "name": "a",\n  "dependencies": {\n    "chalk": "^5.0.0",\n    "ws": "^8.0.0"\n  }\n}\n'
WRITTEN = {
    "in its place": (
        TWO,
        False,
        '{\n  "name": "a",\n  "dependencies": {\n    "chalk": "^5.0.0",\n    "is-odd": "^3.0.1",\n'
        '    "ws": "^8.0.0"\n  }\n}\n',
    ),
    "at the end": (
        '{\n\t"files": ["a", "b"],\n\t"dependencies": {\n\t\t"abbrev": "1.0.0"\n\t}\n}\n',
        False,
        '{\n\t"files": ["a", "b"],\n\t"dependencies": {\n\t\t"abbrev": "1.0.0",\n\t\t"is-odd": "3.0.1"\n\t}\n}\n',
    ),
    "a list of its own": (
        '{\n  "name": "a",\n  "devDependencies": {\n    "tape": "~5.0.0"\n  }\n}\n',
        False,
        '{\n  "name": "a",\n  "dependencies": {\n    "is-odd": "~3.0.1"\n  },\n  "devDependencies": {\n'
        '    "tape": "~5.0.0"\n  }\n}\n',
    ),
    "for tests": (
        '{\n  "name": "a"\n}',
        True,
        '{\n  "name": "a",\n  "devDependencies": {\n    "is-odd": "^3.0.1"\n  }\n}',
    ),
    "an empty list": (
        '{\n  "name": "a",\n  "dependencies": {}\n}\n',
        False,
        '{\n  "name": "a",\n  "dependencies": {\n    "is-odd": "^3.0.1"\n  }\n}\n',
    ),
    "in one line": (
        '{"dependencies": {"chalk": "^5.0.0"}}',
        False,
        '{"dependencies": {"chalk": "^5.0.0","is-odd": "^3.0.1"}}',
    ),
    "a text that looks like the list": (
        '{\n  "x": "\\"dependencies\\": {",\n  "config": {\n    "dependencies": {\n      "b": "1"\n    }\n  }\n}\n',
        False,
        '{\n  "x": "\\"dependencies\\": {",\n  "config": {\n    "dependencies": {\n      "b": "1"\n    }\n  },\n'
        '  "dependencies": {\n    "is-odd": "^3.0.1"\n  }\n}\n',
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_where_it_goes_and_how_it_is_written(name: str) -> None:
    text, for_tests, expected = WRITTEN[name]
    assert with_package(text, "is-odd", "3.0.1", for_tests=for_tests) == expected


def test_what_is_no_manifest_is_left() -> None:
    assert with_package("[]", "is-odd", "3.0.1", for_tests=False) is None
    assert with_package('{"dependencies": ["is-odd"]}', "is-odd", "3.0.1", for_tests=False) is None


@pytest.mark.parametrize(
    ("said", "package"),
    [
        ("lodash/fp", "lodash"),
        ("@babel/core/lib", "@babel/core"),
        ("./near", ""),
        ("../far", ""),
        ("/usr/lib", ""),
        ("node:fs", ""),
        ("fs/promises", ""),
        ("#inner", ""),
        ("@/alias", ""),
        ("~/alias", ""),
    ],
)
def test_what_package_an_import_is_of(said: str, package: str) -> None:
    assert package_of(said) == package


OLD, YOUNG = "2020-01-02T03:04:05.000Z", "2999-01-02T03:04:05.000Z"
USE = "const use = require('{}');\n"
MANIFEST = '{\n  "name": "shop",\n  "dependencies": {\n    "chalk": "^5.0.0"\n  }\n}\n'


def registry(**told: object) -> Callable[..., object]:
    """Return what answers as npm's client does for one package."""

    async def online(command: str, seconds: float) -> tuple[int, str]:
        del command, seconds
        return 0, "2025-01-01T00:00:00\n" + json.dumps(told)

    return online


def shop(root: Path, name: str, **more: str) -> Folder:
    """Return a project that requires a package; its stand-in of Node says what Node says unless it is declared."""
    node = f"""#!/bin/sh
grep -q '"{name}"' package.json || {{ echo "Error: Cannot find module '{name}'"; echo "- main.js"; exit 1; }}
"""
    files = {"main.js": USE.format(name), "package.json": MANIFEST, "node": node}
    folder = Folder(root, files | {key.replace("__", "."): text for key, text in more.items()})
    (root / "node").chmod(0o755)
    return folder


STANDING_IN = Check("tests", "./node main.js", CheckKind.TEST)


@pytest.mark.parametrize(
    ("name", "offer", "more", "wanted"),
    [
        ("left-pad", {"dist-tags": {"latest": "1.3.0"}, "time": {"1.3.0": YOUNG}}, {}, "^1.3.0"),
        ("array-flip-fold", {"dist-tags": {"latest": "2.0.0"}, "time": {"1.9.0": OLD, "2.0.0": YOUNG}}, {}, "^1.9.0"),
        ("array-flip-fold", {"dist-tags": {"latest": "2.0.0"}, "time": {"2.0.0": YOUNG}}, {}, None),
        (
            "array-flip-fold",
            {"dist-tags": {"latest": "2.0.0"}, "time": {"2.0.0": YOUNG}},
            {"README__md": "Before: `npm install array-flip-fold`\n"},
            "^2.0.0",
        ),
        (
            "array-flip-fold",
            {"dist-tags": {"latest": "2.0.0"}, "time": {"2.0.0": OLD}, "scripts": {"postinstall": "node x"}},
            {},
            None,
        ),
        ("expres", {"dist-tags": {"latest": "1.0.0"}, "time": {"1.0.0": OLD}}, {}, None),
        ("@acme-inside/tools", {"dist-tags": {"latest": "1.0.0"}, "time": {"1.0.0": OLD}}, {}, None),
        ("array-flip-fold", {"dist-tags": {"latest": "1; rm -rf"}, "time": {"1.0.0": OLD}}, {}, None),
    ],
)
async def test_a_package_is_declared_if_its_name_can_be_trusted(
    tmp_path: Path, name: str, offer: dict[str, object], more: dict[str, str], wanted: str | None
) -> None:
    folder = shop(tmp_path, name, **more)
    await folder.mend(STANDING_IN, fixers=[MissingPackages()], online=registry(**offer))
    asked = json.loads(folder.texts()["package.json"])["dependencies"]
    assert asked == ({"chalk": "^5.0.0", name: wanted} if wanted else {"chalk": "^5.0.0"})


@pytest.mark.parametrize("more", [{"main__js": "const use = require('./near');\n"}, {"left-pad__js": "\n"}])
async def test_what_no_file_imports_or_the_repository_has_itself_is_not_declared(
    tmp_path: Path, more: dict[str, str]
) -> None:
    folder = shop(tmp_path, "left-pad", **more)
    offer = registry(**{"dist-tags": {"latest": "1.3.0"}, "time": {"1.3.0": OLD}})
    await folder.mend(STANDING_IN, fixers=[MissingPackages()], online=offer)
    assert folder.texts()["package.json"] == MANIFEST


async def test_an_older_major_is_tried_where_the_newest_cannot_be_required(tmp_path: Path) -> None:
    folder = shop(tmp_path, "camelcase")
    node = (tmp_path / "node").read_text().replace('"camelcase"', '"camelcase": "^6')
    (tmp_path / "node").write_text(node)
    offer = {"dist-tags": {"latest": "9.0.0"}, "time": {"9.0.0": OLD, "8.1.0": OLD, "6.3.0": OLD}, "type": "module"}
    await folder.mend(STANDING_IN, fixers=[MissingPackages()], online=registry(**offer))
    assert json.loads(folder.texts()["package.json"])["dependencies"]["camelcase"] == "^6.3.0"
