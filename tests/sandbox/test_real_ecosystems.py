"""Each kind of repository for real: found, installed in the sandbox through the proxy, checked without a network."""

from __future__ import annotations

import os
import re
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from journeyman.domain.errors import EnvironmentBroken
from journeyman.sandbox.bubblewrap import Bubblewrap
from journeyman.sandbox.ecosystems import toolchains
from journeyman.sandbox.ecosystems.toolchains import Toolchains
from journeyman.sandbox.environments import EnvironmentCache

from .workshop import Workshop, failing, host, lay

pytestmark = pytest.mark.timeout(400)

PARITY_JS = {
    "package.json": (
        '{"name": "parity", "version": "1.0.0", "private": true, "scripts": {"test": "node --test"},'
        ' "dependencies": {"is-odd": "3.0.1"}}\n'
    ),
    "parity.js": "const isOdd = require('is-odd');\nmodule.exports = (n) => (isOdd(n) ? 'odd' : 'even');\n",
    "parity.test.js": (
        "const test = require('node:test');\nconst assert = require('node:assert');\n"
        "test('three is odd', () => assert.equal(require('./parity')(3), 'odd'));\n"
    ),
}
PARITY_PY = {
    "parity.py": "import six\n\n\ndef parity(n):\n    return six.text_type('odd' if n % 2 else 'even')\n",
    "tests/test_parity.py": "from parity import parity\n\n\ndef test_three():\n    assert parity(3) == 'odd'\n",
}


def workshop(back_end: Bubblewrap, folder: Path, found: Toolchains | None = None, **more: str) -> Workshop:
    variables = {**os.environ, **more}

    async def look() -> Toolchains:
        return found or toolchains.find(Path.home(), os.environ["PATH"])

    made = EnvironmentCache(back_end, folder, home=Path.home(), variables=variables, look=look)
    return Workshop(back_end, made)


@pytest.fixture
def shop(back_end: Bubblewrap, tmp_path: Path) -> Workshop:
    return workshop(back_end, tmp_path / "environments")


@pytest.mark.long
@pytest.mark.parametrize("client", ["npm", "pnpm", "yarn", "berry"])
async def test_node_with_each_client(shop: Workshop, tree: Path, client: str) -> None:
    host("npm", "--version", cwd=tree)
    lay(tree, PARITY_JS, client)
    made = await shop.prepare(tree)
    outcomes = await shop.check(tree, made)
    assert failing(outcomes) == {}
    assert [test.name for test in outcomes["test"].tests] == ["three is odd"]
    assert (await shop.prepare(tree)).cached
    lay(tree, {"parity.js": PARITY_JS["parity.js"].replace("'odd' : 'even'", "'even' : 'odd'")})
    assert list(failing(await shop.check(tree, made))) == ["test"]


@pytest.mark.long
async def test_python_with_a_lock_of_poetry(shop: Workshop, tree: Path) -> None:
    lay(tree, PARITY_PY, "poetry")
    made = await shop.prepare(tree)
    assert made.notes == ()
    assert failing(await shop.check(tree, made)) == {}
    said = await shop.run(tree, made, "poetry run python -c 'import six, iniconfig, parity; print(six.__version__)'")
    assert said == "1.16.0\n"


PROJECT = (
    '[project]\nname = "parity"\nversion = "1.0"\nrequires-python = ">=3.11"\ndependencies = ["six==1.16.0"]\n\n'
    '[dependency-groups]\ndev = ["pytest>=8", "iniconfig"]\n\n[tool.uv]\npackage = false\n\n'
    '[tool.pytest.ini_options]\npythonpath = ["."]\n'
)


async def test_python_with_a_lock_of_uv(shop: Workshop, tree: Path) -> None:
    lay(tree, {**PARITY_PY, "pyproject.toml": PROJECT})
    host(shutil.which("uv", path=f"{sys.prefix}/bin") or "uv", "lock", "-q", cwd=tree)
    made = await shop.prepare(tree)
    assert failing(await shop.check(tree, made)) == {}
    assert not (tree / ".venv").exists()
    assert await shop.run(tree, made, "uv run python -c 'import six; print(six.__version__)'") == "1.16.0\n"
    lay(tree, {"parity.py": PARITY_PY["parity.py"].replace("n % 2", "n % 3")})
    assert list(failing(await shop.check(tree, made))) == ["pytest"]


@pytest.mark.long
async def test_a_lock_of_uv_whose_addresses_cannot_be_reached(shop: Workshop, tree: Path) -> None:
    """As behind a mirror: the files are asked for by their digests at the index that is configured."""
    lay(tree, {**PARITY_PY, "pyproject.toml": PROJECT})
    host(shutil.which("uv", path=f"{sys.prefix}/bin") or "uv", "lock", "-q", cwd=tree)
    lock = tree / "uv.lock"
    lock.write_text(re.sub(r'(url = ")https://[^/"]+/', r"\1https://files.invalid/", lock.read_text()))
    made = await shop.prepare(tree)
    assert "by the same digests" in made.notes[0]
    assert failing(await shop.check(tree, made)) == {}
    assert await shop.run(tree, made, "python -c 'import six; print(six.__version__)'") == "1.16.0\n"


HASHED = (
    "six==1.16.0 --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254\n"
    "iniconfig==2.0.0 --hash=sha256:b6a85871a79d2e3b22d2d1b94ac2824226a63c6b741c88f7ae975f18b6778374\n"
)


@pytest.mark.parametrize("client", ["uv", pytest.param("pip", marks=pytest.mark.long)])
async def test_requirements_with_digests(back_end: Bubblewrap, tree: Path, tmp_path: Path, client: str) -> None:
    found = toolchains.find(Path.home(), os.environ["PATH"])
    programs = tuple((name, path) for name, path in found.programs if client == "uv")
    shop = workshop(back_end, tmp_path / "environments", Toolchains(found.pythons, programs))
    groups = "[dependency-groups]\ndev = ['pytest']\n"
    lay(tree, {**PARITY_PY, "requirements.txt": HASHED, "requirements-dev.txt": "attrs\n", "pyproject.toml": groups})
    assert failing(await shop.check(tree)) == {}
    lay(tree, {"requirements.txt": HASHED.replace("8abb", "8abc")})
    with pytest.raises(EnvironmentBroken, match=r"(?i)hash"):
        await shop.prepare(tree)


GO = {
    "go.mod": "module example.org/parity\n\ngo 1.19\n\nrequire example.org/odd v1.0.0\n",
    "parity.go": (
        'package parity\n\nimport "example.org/odd"\n\nfunc Parity(n int) string {\n'
        '\tif odd.Odd(n) {\n\t\treturn "odd"\n\t}\n\treturn "even"\n}\n'
    ),
    "parity_test.go": (
        'package parity\n\nimport "testing"\n\nfunc TestThree(t *testing.T) {\n'
        '\tif Parity(3) != "odd" {\n\t\tt.Fatal("three")\n\t}\n}\n'
    ),
}
ODD_MOD = "module example.org/odd\n\ngo 1.19\n"
ODD_GO = "package odd\n\nfunc Odd(n int) bool { return n%2 != 0 }\n"


def module_mirror(folder: Path) -> str:
    """Make a mirror of Go modules that holds example.org/odd; return its address."""
    versions = folder / "example.org/odd/@v"
    versions.mkdir(parents=True)
    (versions / "list").write_text("v1.0.0\n")
    (versions / "v1.0.0.info").write_text('{"Version": "v1.0.0", "Time": "2024-01-01T00:00:00Z"}')
    (versions / "v1.0.0.mod").write_text(ODD_MOD)
    with zipfile.ZipFile(versions / "v1.0.0.zip", "w") as archive:
        archive.writestr("example.org/odd@v1.0.0/go.mod", ODD_MOD)
        archive.writestr("example.org/odd@v1.0.0/odd.go", ODD_GO)
    return f"file://{folder}"


@pytest.mark.long
@pytest.mark.parametrize("way", ["mirror", "vendor", "without go.sum"])
async def test_go(back_end: Bubblewrap, tree: Path, tmp_path: Path, way: str) -> None:
    go = {
        "GOPROXY": module_mirror(tmp_path / "mirror"),
        "GOSUMDB": "off",
        "GOFLAGS": "",
        "GOPATH": str(tmp_path / "go"),
    }
    lay(tree, GO)
    if way != "without go.sum":
        host("go", "mod", "tidy", cwd=tree, **go)
    if way == "vendor":
        host("go", "mod", "vendor", cwd=tree, **go)
        go["GOPROXY"] = "off"
    host("chmod", "-R", "u+w", str(tmp_path), cwd=tree)
    shop = workshop(back_end, tmp_path / "environments", **go)
    made = await shop.prepare(tree)
    outcomes = await shop.check(tree, made)
    assert failing(outcomes) == {}
    assert list(outcomes) == ["go vet", "go build", "go test"]
    assert len(outcomes["go test"].tests) == 1
    lay(tree, {"parity.go": GO["parity.go"].replace('"odd"\n\t}', '"uneven"\n\t}')})
    assert list(failing(await shop.check(tree, made))) == ["go test"]


RUST = {
    "Cargo.toml": '[package]\nname = "parity"\nversion = "1.0.0"\nedition = "2021"\n\n[dependencies]\nodd = ODD\n',
    "src/lib.rs": """pub fn parity(n: u32) -> &'static str {
    if odd::odd(n) {
        "odd"
    } else {
        "even"
    }
}

#[test]
fn three() {
    assert_eq!(parity(3), "odd");
}
""",
    "rustfmt.toml": "",
}
ODD_RUST = {
    "Cargo.toml": '[package]\nname = "odd"\nversion = "1.0.0"\nedition = "2021"\n',
    "src/lib.rs": "pub fn odd(n: u32) -> bool {\n    n % 2 == 1\n}\n",
}
VENDORED = '[source.crates-io]\nreplace-with = "vendored"\n\n[source.vendored]\ndirectory = "vendor"\n'


@pytest.mark.long
@pytest.mark.parametrize(("way", "wish"), [("vendor", '"1"'), ("path", '{ path = "odd" }')])
async def test_rust(shop: Workshop, tree: Path, way: str, wish: str) -> None:
    lay(tree, {**RUST, "Cargo.toml": RUST["Cargo.toml"].replace("ODD", wish)})
    lay(tree / ("odd" if way == "path" else "vendor/odd"), ODD_RUST)
    if way == "vendor":
        digests = '{"files": {}, "package": "' + "0" * 64 + '"}'
        lay(tree, {".cargo/config.toml": VENDORED, "vendor/odd/.cargo-checksum.json": digests})
    host("cargo", "generate-lockfile", "--offline", cwd=tree)
    made = await shop.prepare(tree)
    outcomes = await shop.check(tree, made)
    assert failing(outcomes) == {}
    assert list(outcomes) == ["cargo fmt", "cargo check", "cargo test"]
    lay(tree, {"src/lib.rs": RUST["src/lib.rs"].replace("odd::odd(n)", "!odd::odd(n)")})
    assert list(failing(await shop.check(tree, made))) == ["cargo test"]


@pytest.mark.long
async def test_projects_below_the_top(shop: Workshop, tree: Path) -> None:
    lay(tree / "backend", {**PARITY_PY, "requirements.txt": HASHED, "requirements-dev.txt": "pytest\n"})
    for name in ("web", "apps/admin"):
        lay(tree / name, PARITY_JS, "npm")
    made = await shop.prepare(tree)
    assert made.ecosystems == ("python", "node")
    outcomes = await shop.check(tree, made)
    assert sorted(outcomes) == ["apps/admin: test", "backend: pytest", "web: test"]
    assert failing(outcomes) == {}
    lay(tree, {"web/parity.js": PARITY_JS["parity.js"].replace("'odd' : 'even'", "'even' : 'odd'")})
    assert list(failing(await shop.check(tree, made))) == ["web: test"]


async def test_make(shop: Workshop, tree: Path) -> None:
    lay(tree, {"Makefile": "test:\n\t@sh test.sh\n", "test.sh": "test $((2 + 3)) = 5\n"})
    assert failing(await shop.check(tree)) == {}
    lay(tree, {"test.sh": "test $((2 - 3)) = 5\n"})
    assert list(failing(await shop.check(tree))) == ["make test"]
