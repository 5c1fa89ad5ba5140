"""What a tree needs, read from its files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.sandbox.ecosystems import folders, node, others, python, python_project
from journeyman.sandbox.ecosystems.plan import Plan, read, walk
from journeyman.sandbox.ecosystems.toolchains import Toolchains
from journeyman.sandbox.ecosystems.versions import satisfies
from journeyman.sandbox.interpreter import Interpreter

HERE = Toolchains(
    pythons=(
        Interpreter("/opt/a/bin/python3.11", (3, 11), Path("/opt/a")),
        Interpreter("/usr/bin/python3.9", (3, 9)),
        Interpreter("/opt/b/bin/python3.13", (3, 13), Path("/opt/b")),
    ),
    programs=(("uv", Path("/opt/uv/uv")), ("ruff", Path("/opt/ruff/ruff"))),
    node=Path("/usr"),
    go=Path("/opt/go"),
    rust=Path("/opt/rust"),
)


def write(tree: Path, **files: str) -> Path:
    for name, text in files.items():
        file = tree / name.replace("__", "/").replace("_dot_", ".").replace("_dash_", "-")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tree


def commands(plan: Plan | None) -> str:
    assert plan is not None
    return "\n".join(command for step in plan.steps for command in (step.command, *step.instead))


def test_a_tree_without_any_of_it_has_no_plan(tree: Path) -> None:
    write(tree, README_dot_md="hello")
    assert python.plan(tree, HERE) is node.plan(tree, HERE) is None
    assert others.go(tree, HERE) is others.rust(tree, HERE) is others.make(tree, HERE) is None


def test_plain_modules_need_nothing_but_a_virtual_environment(tree: Path) -> None:
    write(tree, a_dot_py="x = 1", tests__test_a_dot_py="import unittest\nclass T(unittest.TestCase): pass\n")
    plan = python.plan(tree, HERE)
    assert plan is not None
    assert len(plan.steps) == 1
    assert plan.variables["PYTHONPATH"] == "/repo"


def test_tests_written_for_pytest_bring_it(tree: Path) -> None:
    write(tree, a_dot_py="x = 1", tests__test_a_dot_py="def test_a(): pass\n")
    project = python_project.look(tree)
    assert project is not None
    assert project.tools == ("pytest",)


def test_plugins_that_the_settings_speak_of_come_with_it(tree: Path) -> None:
    write(
        tree,
        pyproject_dot_toml='[tool.pytest.ini_options]\nasyncio_mode="auto"\naddopts = "-n 2 --cov=x"\ntimeout = 3\n',
    )
    project = python_project.look(tree)
    assert project is not None
    assert project.tools == ("pytest", "pytest-asyncio", "pytest-cov", "pytest-timeout", "pytest-xdist")


def test_a_linter_of_ours_is_shown_and_not_installed(tree: Path) -> None:
    write(tree, a_dot_py="", pyproject_dot_toml="[tool.ruff]\n[tool.black]\n")
    plan = python.plan(tree, HERE)
    assert "black" in commands(plan)
    assert "ruff" not in commands(plan).replace(python.TARGET, "")
    assert plan is not None
    assert plan.path[-1] == "/run/journeyman/bin"
    assert not plan.steps[-1].required


def test_a_uv_lock_is_followed_exactly(tree: Path) -> None:
    write(
        tree,
        uv_dot_lock="version = 1",
        pyproject_dot_toml="[project]\nname='a'\n[project.optional-dependencies]\ndev=[]",
    )
    assert "uv sync -q --frozen --all-groups --extra dev" in commands(python.plan(tree, HERE))


def test_a_poetry_lock_holds_the_versions(tree: Path) -> None:
    write(
        tree,
        pyproject_dot_toml="[tool.poetry]\nname='a'\n[tool.poetry.dependencies]\npython='^3.9'\nsix='*'\n"
        "local={path='x'}\n[tool.poetry.group.dev.dependencies]\niniconfig='^2'\n",
        poetry_dot_lock="[[package]]\nname='six'\nversion='1.16.0'\n[[package]]\nname='iniconfig'\nversion='2.0.0'\n",
    )
    text = commands(python.plan(tree, HERE))
    assert "-c <(printf '%s\\n' six==1.16.0 iniconfig==2.0.0)" in text
    assert text.rstrip().splitlines()[-1].endswith("six iniconfig")


def test_a_poetry_lock_that_is_behind_still_gives_what_it_holds(tree: Path) -> None:
    write(
        tree,
        pyproject_dot_toml="[project]\nname='a'\ndependencies=['six','odd']\n[tool.poetry]\npackage-mode=false\n",
        poetry_dot_lock="[[package]]\nname='six'\nversion='1.16.0'\n[package.source]\ntype='legacy'\n"
        "[[package]]\nname='near'\nversion='1.0'\n[package.source]\ntype='directory'\n",
    )
    plan = python.plan(tree, HERE)
    assert plan is not None
    assert plan.steps[-1].instead[-1].endswith("six==1.16.0")


def test_requirements_for_development_are_taken_and_others_are_not(tree: Path) -> None:
    write(
        tree,
        requirements_dot_txt="six",
        requirements_dash_dev_dot_txt="iniconfig",
        requirements__test_dot_txt="",
        requirements__docs_dot_txt="",
        other_dot_txt="",
    )
    text = commands(python.plan(tree, HERE))
    assert "-r requirements-dev.txt -r requirements.txt -r requirements/test.txt" in text
    assert "docs" not in text


def test_extras_and_groups_for_development_are_installed(tree: Path) -> None:
    write(
        tree,
        src__a__init_dot_py="",
        pyproject_dot_toml="[project]\nname='a'\ndependencies=['six']\n[project.optional-dependencies]\n"
        "test=[]\ngpu=[]\n[dependency-groups]\ndev=[]\ndocs=[]\n",
    )
    text = commands(python.plan(tree, HERE))
    assert "-e '.[test]'" in text
    assert "--group dev" in text
    assert "gpu" not in text
    assert "docs" not in text


@pytest.mark.parametrize(
    ("files", "program"),
    [
        ({"pyproject_dot_toml": "[project]\nname='a'\nrequires-python='>=3.12'"}, "/opt/b/bin/python3.13"),
        ({"pyproject_dot_toml": "[project]\nname='a'\nrequires-python='<3.10'"}, "/usr/bin/python3.9"),
        ({"pyproject_dot_toml": "[project]\nname='a'", "_dot_python-version": "3.13.1"}, "/opt/b/bin/python3.13"),
        ({"setup_dot_py": "setup(python_requires='>=3.13')"}, "/opt/b/bin/python3.13"),
        ({"a_dot_py": ""}, "/opt/a/bin/python3.11"),
    ],
)
def test_the_interpreter_is_the_one_asked_for(tree: Path, files: dict[str, str], program: str) -> None:
    plan = python.plan(write(tree, **files), HERE)
    assert f"--python {program} " in commands(plan)


def test_an_interpreter_that_is_not_there_is_noted(tree: Path) -> None:
    plan = python.plan(write(tree, pyproject_dot_toml="[project]\nname='a'\nrequires-python='>=3.99'"), HERE)
    assert plan is not None
    assert "3.99" in plan.notes[0]


def test_a_module_named_like_the_library_s_keeps_the_tree_off_the_path(tree: Path) -> None:
    plan = python.plan(write(tree, types_dot_py="", a_dot_py=""), HERE)
    assert plan is not None
    assert "PYTHONPATH" not in plan.variables


def test_the_key_follows_from_the_lock_and_not_from_the_code(tree: Path) -> None:
    write(tree, requirements_dot_txt="six", a_dot_py="")
    first = python.plan(tree, HERE)
    write(tree, a_dot_py="changed = 1")
    second = python.plan(tree, HERE)
    write(tree, requirements_dot_txt="six==1")
    third = python.plan(tree, HERE)
    assert first
    assert second
    assert third
    assert first.key() == second.key() != third.key()


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        ("package-lock.json", "npm ci --ignore-scripts"),
        ("pnpm-lock.yaml", "install --frozen-lockfile"),
        ("yarn.lock", "--non-interactive --frozen-lockfile"),
        ("README", "npm install --no-package-lock"),
    ],
)
def test_node_s_lock_names_the_client(tree: Path, lock: str, words: str) -> None:
    write(tree, package_dot_json='{"dependencies": {"a": "1"}}', packages__b__package_dot_json="{}")
    (tree / lock).write_text("")
    plan = node.plan(tree, HERE)
    assert words in commands(plan)
    assert plan is not None
    assert plan.overlays == (
        ("node_modules", "/repo/node_modules"),
        ("packages/b/node_modules", "/repo/packages/b/node_modules"),
    )


def test_node_without_dependencies_needs_no_install(tree: Path) -> None:
    plan = node.plan(write(tree, package_dot_json='{"name": "a"}'), HERE)
    assert plan is not None
    assert plan.steps == ()


def test_go_and_rust_fetch_once_and_work_offline(tree: Path) -> None:
    write(
        tree,
        go_dot_mod="module a\nrequire b v1",
        go_dot_sum="b",
        Cargo_dot_toml="[package]",
        Cargo_dot_lock='source = "r"',
    )
    go, rust = others.go(tree, HERE), others.rust(tree, HERE)
    assert commands(go) == "go mod download"
    assert commands(rust) == "cargo fetch --locked"
    assert go
    assert rust
    assert go.variables["GOPROXY"] == "off"
    assert rust.variables["CARGO_NET_OFFLINE"] == "true"
    assert go.path == ("/opt/go/bin",)


def test_what_is_not_installed_here_is_noted(tree: Path) -> None:
    bare = Toolchains(pythons=HERE.pythons)
    write(tree, go_dot_mod="module a", Cargo_dot_toml="[package]", package_dot_json="{}", Makefile="all:\n")
    for plan in (others.go(tree, bare), others.rust(tree, bare), node.plan(tree, bare)):
        assert plan is not None
        assert "on this machine" in plan.notes[0]
    assert others.make(tree, bare) == Plan("make")


def test_a_folder_s_plan_is_made_and_used_there(tree: Path) -> None:
    write(
        tree,
        web__package_dot_json='{"dependencies": {"a": "1"}}',
        app__package_dot_json='{"dependencies": {"a": "1"}}',
    )
    write(
        tree, docs__package_dot_json="{}", web__inner__package_dot_json="{}", api__setup_dot_py="", api__a_dot_py=""
    )
    write(tree, batch__setup_dot_py="", batch__a_dot_py="")
    python_plan, app, web = folders.plans(tree, HERE)
    assert "only api has an environment; install for batch" in python_plan.notes[0]
    assert python_plan.variables.get("PYTHONPATH") in (None, "/repo/api")
    assert (app.target, web.target) == ("/env/node", "/env/node-1")
    assert all(step.command.startswith("cd web || exit; ") for step in web.steps)
    assert "/env/node/" not in commands(web)
    assert web.path[:2] == ("/repo/web/node_modules/.bin", "/env/node-1/.clients/bin")
    assert ("node_modules", "/repo/web/node_modules") in web.overlays
    assert app.key() != web.key()


def test_links_in_the_tree_are_not_followed(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/file").write_text("secret")
    (tree / "requirements.txt").symlink_to(tmp_path / "secret")
    (tree / "folder").symlink_to(tmp_path / "folder")
    assert read(tree, "requirements.txt") is None
    assert read(tree, "folder/file") is None
    assert list(walk(tree)) == ["requirements.txt"]


@pytest.mark.parametrize(
    ("requires", "fitting"),
    [
        ("", [8, 9, 10, 11, 12, 13]),
        (">=3.9", [9, 10, 11, 12, 13]),
        (">=3.9,<3.12", [9, 10, 11]),
        (">3.9", [10, 11, 12, 13]),
        ("<=3.10", [8, 9, 10]),
        ("==3.10.*", [10]),
        ("==3.10", [10]),
        ("~=3.9", [9, 10, 11, 12, 13]),
        ("~=3.9.1", [9]),
        ("^3.9", [9, 10, 11, 12, 13]),
        ("~3.9", [9]),
        ("!=3.10.*,>=3.9", [9, 11, 12, 13]),
        (">=3.9.7", [9, 10, 11, 12, 13]),
        ("<3.11.5", [8, 9, 10, 11]),
        ("<3.11.0", [8, 9, 10]),
        (">=3", [8, 9, 10, 11, 12, 13]),
        ("<4", [8, 9, 10, 11, 12, 13]),
        ("==3.*", [8, 9, 10, 11, 12, 13]),
        (">=3.9, <4.0", [9, 10, 11, 12, 13]),
        ("!=3.10.1", [8, 9, 10, 11, 12, 13]),
        ("gibberish", [8, 9, 10, 11, 12, 13]),
    ],
)
def test_versions(requires: str, fitting: list[int]) -> None:
    assert [minor for minor in range(8, 14) if satisfies((3, minor), requires)] == fitting


@given(st.text(max_size=30))
def test_any_specifier_is_answered(requires: str) -> None:
    assert satisfies((3, 11), requires) in (True, False)


def test_a_folder_of_scripts_that_cannot_be_built_gets_what_it_depends_on(tree: Path) -> None:
    project = (
        '[project]\nname = "a"\nversion = "1"\ndependencies = ["numpy>=2"]\noptional-dependencies.test = ["mock"]\n'
    )
    write(tree, a_dot_py="", b_dot_py="", pyproject_dot_toml=project)
    plan = python.plan(tree, HERE)
    assert plan is not None
    (whole,) = [step for step in plan.steps if "-e" in step.command]
    assert whole.instead[0].endswith("'numpy>=2' mock")
    assert "only what it depends on" in whole.otherwise
    assert plan.variables["PYTHONPATH"] == "/repo"
    write(tree, pyproject_dot_toml=f'{project}[build-system]\nrequires = ["hatchling"]\n')
    plan = python.plan(tree, HERE)
    assert plan is not None
    assert not any(step.instead for step in plan.steps)
