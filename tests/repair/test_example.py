"""The example project is broken as its README says, and everything in it can be mended."""

from pathlib import Path

from .shell import PYTEST, RUFF, RUFF_FORMAT, Folder

EXAMPLE = Path(__file__).parents[2] / "examples" / "orders"


def example(root: Path) -> Folder:
    files = [path for path in EXAMPLE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return Folder(root, {str(path.relative_to(EXAMPLE)): path.read_text() for path in files})


async def test_the_example_is_mended_and_its_tests_stay_as_they_are(tmp_path: Path) -> None:
    project = example(tmp_path)
    before = project.texts()
    mended = await project.mend(RUFF_FORMAT, RUFF, PYTEST)
    after = project.texts()
    assert mended.leftovers == ()
    assert await project.passes(RUFF_FORMAT, RUFF, PYTEST)
    assert {path for path in before if before[path] != after[path]} == {
        f"src/orders/{name}.py" for name in ("cart", "catalog", "invoice", "pricing", "report", "stock")
    }
    assert {mend.check for mend in mended.mends} == {"ruff format", "ruff", "pytest"}
