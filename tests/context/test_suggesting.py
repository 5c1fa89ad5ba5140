"""What a change leaves unfinished, as the command tells it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.codebase.places import SHOP, committed, write
from tests.context.test_code_packs import journeyman

FILES = {
    **SHOP,
    "shop/tills.py": "from shop.stock import serve\n\n\ndef ring(order):\n    return serve(order, 1)\n",
    "shop/doors.py": "from shop.stock import serve\n\n\ndef open_up(order):\n    return serve(order, 1)\n",
    "shop/stock.py": (
        'def serve(order, till):\n    """Hand over."""\n    return order\n\n\n'
        'def restock(goods):\n    """Fill up."""\n    return goods\n\n\n'
        'def count():\n    """Count."""\n    return 1\n'
    ),
}


def test_what_a_change_leaves_unfinished(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", FILES)
    stock = FILES["shop/stock.py"].replace("order, till)", "order, till, at)")
    stock += "\n\ndef burn(goods):\n    # TODO: ask first\n    if goods:\n        return None\n    return goods\n"
    changed = {"shop/stock.py": stock, "shop/doors.py": FILES["shop/doors.py"].replace("order, 1", "order, 1, 2")}
    write(root, changed)
    found = json.loads(journeyman(root, tmp_path / "home", "suggest", "--json").stdout)["suggestions"]
    told = {(each["kind"], each["path"], each["line"]) for each in found}
    assert ("todo", "shop/stock.py", 17) in told
    assert [each["path"] for each in found if each["kind"] == "caller"] == ["shop/tills.py"]
    assert ("test", "shop/stock.py", 16) in told
    assert ("docs", "shop/stock.py", 16) in told
    assert found == sorted(found, key=lambda each: -each["confidence"])


def test_a_tree_without_a_change_has_nothing_unfinished(tmp_path: Path) -> None:
    root = committed(tmp_path / "one", FILES)
    assert "nothing" in journeyman(root, tmp_path / "home", "suggest").stdout
    wrong = journeyman(root, tmp_path / "home", "suggest", "no-such-revision")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
