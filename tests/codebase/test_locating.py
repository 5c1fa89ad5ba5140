"""What an issue is about: what is read out of it, and what each sign does to the ranking."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from journeyman.codebase.issues import Frame, read_issue
from journeyman.codebase.paths import is_aside, is_test
from journeyman.codebase.words import Terms
from tests.codebase.places import SHOP, committed, git, opened, refreshed, write

ISSUE = """Saving an order twice loses its `rebate_code`

When I call order.save() again, see shop/orders.py, the code is gone.

```python
order = Order(rebate_code="x")
order.save()
```

Traceback (most recent call last):
  File "/home/me/site-packages/shop/views.py", line 10, in checkout
    order.save()
  File "/home/me/site-packages/shop/stock.py", line 3, in take
    raise NotImplementedError
"""


def located(tmp_path: Path, root: Path, text: str) -> tuple[list[str], list[str]]:
    index = opened(tmp_path / "home", root)
    refreshed(index)
    places = [each.place for each in asyncio.run(index.locate(text))]
    return [place for place in places if ":" not in place], [place for place in places if ":" in place]


def test_the_parts_of_an_issue_are_told_apart() -> None:
    issue = read_issue(ISSUE, Terms())
    assert issue.title == "Saving an order twice loses its `rebate_code`"
    assert issue.frames == (
        Frame("/home/me/site-packages/shop/views.py", 10, "checkout"),
        Frame("/home/me/site-packages/shop/stock.py", 3, "take"),
    )
    assert issue.paths["shop/orders.py"] == 1.0
    assert "order.save" in issue.dotted
    assert issue.names["rebate_code"] > issue.names["Order"]
    assert issue.terms["rebate_code"] > issue.terms["gone"] > issue.terms["checkout"]


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("x\n    at Shop.take (src/stock.js:12:5)", Frame("src/stock.js", 12, "Shop.take")),
        ("x\n\tat org.shop.Stock.take(Stock.java:9)", Frame("Stock.java", 9, "org.shop.Stock.take")),
        ("x\nshop/stock.py:7: NotImplementedError", Frame("shop/stock.py", 7, "")),
        ("x\n  lib/stock.rb:4:in `take'", Frame("lib/stock.rb", 4, "take")),
    ],
)
def test_frames_of_many_languages_are_read(text: str, frame: Frame) -> None:
    assert read_issue(text, Terms()).frames == (frame,)


def test_words_lead_to_files_and_functions_before_their_tests(tmp_path: Path) -> None:
    files, functions = located(tmp_path, write(tmp_path / "one", SHOP), "The rebate is not taken off the total price")
    assert files[0] == "shop/orders.py"
    assert functions[0] == "shop/orders.py:Order.total"
    assert "tests/test_orders.py" in files


def test_a_path_in_the_title_and_the_last_frame_lead(tmp_path: Path) -> None:
    alike = {f"shop/orders{n}.py": SHOP["shop/orders.py"] for n in range(9)}
    alike = {path: f"{text}# {path}\n" for path, text in alike.items()}
    root = write(tmp_path / "one", SHOP | alike)
    assert "shop/stock.py" in located(tmp_path, root, "shop/stock.py breaks the total of orders and rebates")[0][:3]
    frames = (
        'Order fails\n\n  File "/x/shop/orders.py", line 5, in total\n  File "/x/shop/stock.py", line 4, in take\n'
    )
    files, functions = located(tmp_path, root, frames)
    assert "shop/stock.py" in files[:3]
    assert "shop/stock.py:Warehouse.take" in functions[:3]


def test_a_name_leads_to_who_defines_it(tmp_path: Path) -> None:
    users = {f"shop/use{n}.py": "from shop.stock import Warehouse\nWarehouse().take(1)\n" for n in range(9)}
    files, _ = located(tmp_path, write(tmp_path / "one", SHOP | users), "`Warehouse` is wrong")
    assert files[0] == "shop/stock.py"


def test_what_a_form_says_and_lists_of_packages_are_no_words_of_the_issue() -> None:
    form = "<!-- Please search\nthe tracker -->\nTotals drift\n- [x] I looked at pallets\n\n"
    issue = read_issue(f"{form}attrs==19.3.0\nparcels 5.3\n\nrebates", Terms())
    assert issue.title == "Totals drift"
    assert set(issue.terms) == {"total", "drift", "rebat"}
    assert read_issue("- [ ] pallets", Terms()).title == "- [ ] pallets"


def test_a_file_that_stands_for_its_folder_has_its_name(tmp_path: Path) -> None:
    body = "def run(x):\n    return x\n"
    root = write(
        tmp_path / "one", {f"{name}/__init__.py": body + end for name, end in (("alpha", ""), ("ledger", "\n"))}
    )
    write(root, {"ledger/Early.py": body + "\n\n"})
    assert located(tmp_path, root, "run of the ledger")[0][:2] == ["ledger/__init__.py", "ledger/Early.py"]


def test_a_short_name_counts_where_it_is_called(tmp_path: Path) -> None:
    assert "Q" in read_issue("`~Q(price=1)` fails", Terms()).names
    assert "Q" not in read_issue("Q fails", Terms()).names
    uses = {f"shop/use{n}.py": "def narrowed(rows):\n    return rows.filter(~Q(price=1))\n" for n in range(4)}
    root = write(
        tmp_path / "one", uses | {"shop/query.py": "class Q:\n    def __invert__(self):\n        return 1\n"}
    )
    assert "shop/query.py" in located(tmp_path, root, "`~Q(price=1)` narrows nothing")[0][:2]


def test_what_the_leading_function_calls_is_found_without_a_word_in_common(tmp_path: Path) -> None:
    inner = "def fold(x):\n    return x\n\n\ndef spare(y):\n    return y\n\n\nREBATE = 'rebate'\n"
    orders = "from shop.inner import fold\n\n\ndef rebate(total):\n    return fold(total)\n"
    root = write(tmp_path / "one", {"shop/orders.py": orders, "shop/inner.py": inner})
    functions = located(tmp_path, root, "The rebate is wrong")[1]
    assert functions == ["shop/orders.py:rebate", "shop/inner.py:fold"]


def test_of_two_methods_the_one_in_the_class_that_is_meant_leads(tmp_path: Path) -> None:
    text = 'class {0}:\n    """{1}"""\n\n    def send(self):\n        return 1\n'
    both = text.format("Alpha", "Of nothing.") + "\n\n" + text.format("Beta", "Warehouse of parcels and pallets.")
    functions = located(tmp_path, write(tmp_path / "one", {"shop/both.py": both}), "send loses parcels and pallets")[
        1
    ]
    assert functions == ["shop/both.py:Beta.send", "shop/both.py:Alpha.send"]


def test_files_stand_in_their_order_whether_their_functions_are_read_too_or_not(tmp_path: Path) -> None:
    index = opened(tmp_path / "home", write(tmp_path / "one", SHOP))
    refreshed(index)
    places = [each.place for each in asyncio.run(index.locate(ISSUE))]
    files = [place for place in places if ":" not in place]
    assert list(dict.fromkeys(place.partition(":")[0] for place in places)) == files


def test_what_one_sign_alone_knows_has_a_place_among_the_first_ten(tmp_path: Path) -> None:
    words = "def monthly_report(order, page):\n    # the monthly report counts the order of a page that is reloaded\n"
    loud = {f"report/monthly_{n}.py": words + f"    return order.report(page, {n})\n" for n in range(14)}
    quiet = {"deep/zz.py": "def settle(thing):\n    return thing\n"}
    text = "Monthly report counts an order twice when the page is reloaded\n\nThen `settle` is asked again."
    files, _ = located(tmp_path, write(tmp_path / "one", loud | quiet), text)
    assert "deep/zz.py" in files[:10]
    assert all(path.startswith("report/") for path in files[:8])


def test_the_past_tells_and_only_the_past(tmp_path: Path) -> None:
    same = {f"shop/part{n}.py": f"def part_{n}():\n    return 'invoice'\n" for n in range(6)}
    root = committed(tmp_path / "one", same)
    write(root, {"shop/part4.py": "def part_4():\n    return 'invoice '\n"})
    git(root, "commit", "-qam", "Mend rounding of an invoice")
    assert located(tmp_path, root, "Rounding of the invoice is off")[0][0] == "shop/part4.py"
    write(root, {"shop/part2.py": "def part_2():\n    return 'invoice '\n"})
    git(root, "commit", "-qam", "Rounding of the invoice was off: rounding")
    git(root, "checkout", "-q", "--detach", "HEAD~1")
    assert located(tmp_path, root, "Rounding of the invoice is off")[0][0] == "shop/part4.py"


@pytest.mark.parametrize("text", ["", "\n\n", "```", "x" * 200_000, 'File "", line 1', "a." * 5000, "\0\1\ud800"])
def test_any_text_is_an_issue(tmp_path: Path, text: str) -> None:
    located(tmp_path, write(tmp_path / "one", SHOP), text)


@pytest.mark.parametrize(
    ("path", "test", "aside"),
    [
        ("tests/admin/models.py", True, False),
        ("pkg/test_orders.py", True, False),
        ("pkg/orders_test.go", True, False),
        ("src/test/java/OrderTest.java", True, False),
        ("web/order.spec.ts", True, False),
        ("pkg/test/client.py", False, False),
        ("pkg/db/migrations/writer.py", False, False),
        ("pkg/migrations/0001_initial.py", False, True),
        ("docs/conf.py", False, True),
        ("pkg/_vendor/x.py", False, True),
        ("pkg/latest.py", False, False),
    ],
)
def test_what_a_path_tells(path: str, test: bool, aside: bool) -> None:
    assert (is_test(path), is_aside(path)) == (test, aside)
