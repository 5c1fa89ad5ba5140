"""The ranking of suspicious lines as one HTML page that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from journeyman.domain.suspicion import SuspectFunction, SuspectLine, Suspicion

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #fdfdfc; --faint: #6b6b75; --hot: 214, 40, 40; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e3; --paper: #17181c; --faint: #9a9aa5; } }
body { color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 75rem; padding: 0 1rem; }
h1 { font-size: 1.4rem } h2 { font-size: 1.15rem; margin-top: 2rem } h3 { font-size: 1rem; margin: 1.5rem 0 0 }
.faint, small { color: var(--faint) }
code, pre, td.source { font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% }
td, th { padding: .1rem .5rem; text-align: left; vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
th button { font: inherit; font-weight: bold; border: 0; background: none; color: inherit; cursor: pointer }
th[aria-sort=descending] button::after { content: " ▾" } th[aria-sort=ascending] button::after { content: " ▴" }
tr.hit { background: rgba(var(--hot), calc(var(--heat) * .35)) }
.bar { display: inline-block; width: 4rem; background: rgba(var(--hot), .12) }
.bar i { display: block; height: .7rem; width: calc(var(--heat) * 100%); background: rgb(var(--hot)) }
details ul { margin: .2rem 0; padding-left: 1.2rem } summary { cursor: pointer; white-space: nowrap }
"""

_SCRIPT = """
for (const head of document.querySelectorAll("th button")) {
  head.addEventListener("click", () => {
    const cell = head.parentElement, body = cell.closest("table").tBodies[0];
    const down = cell.getAttribute("aria-sort") !== "descending";
    for (const other of cell.parentElement.cells) other.removeAttribute("aria-sort");
    cell.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = row => row.cells[cell.cellIndex].dataset.value;
    const order = (a, b) => isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b;
    const rows = [...body.rows].sort((a, b) => order(value(a), value(b)) * (down ? -1 : 1));
    body.append(...rows);
  });
}
"""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page(title: str, suspicions: Sequence[Suspicion]) -> str:
    """Return the page. Every word of a repository in it is escaped."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            *(line for suspicion in suspicions for line in _section(suspicion)),
            f"<script>{_SCRIPT}</script></body></html>\n",
        ]
    )


def _section(suspicion: Suspicion) -> Iterator[str]:
    failing = suspicion.failing
    yield f"<section><h2>{escape(suspicion.check)}</h2>"
    yield (
        f'<p class="faint">{len(failing)} failing and {suspicion.passing} passing tests were traced, '
        f"of {suspicion.collected}.</p>"
    )
    yield "<details><summary>failing tests</summary><ul>"
    for test in failing:
        yield f"<li><code>{escape(test.name)}</code> <small>{escape(test.raised)}</small></li>"
    yield "</ul></details>"
    yield from _ranking(suspicion)
    for number, function in enumerate(suspicion.functions, 1):
        yield from _function(suspicion, number, function)
    yield "</section>"


def _ranking(suspicion: Suspicion) -> Iterator[str]:
    """Yield the table of all lines, which can be sorted by each formula."""
    rows = [(number, f, line) for number, f in enumerate(suspicion.functions, 1) for line in f.lines]
    formulas = list(rows[0][2].scores) if rows else []
    heads = ["function", "line", "source", "failing", "passing", "all", *formulas]
    yield '<table class="ranking"><thead><tr>'
    for name in heads:
        yield f'<th{_side(name)} scope="col"><button type="button">{escape(name)}</button></th>'
    yield "</tr></thead><tbody>"
    for number, function, line in rows:
        cells = [
            _cell("function", number, f'<a href="#f{number}">{escape(function.name)}</a>'),
            _cell("line", line.line, f"{escape(function.path)}:{line.line}"),
            _text(function.text(line.line).strip()),
            _cell("failing", line.failing, str(line.failing)),
            _cell("passing", line.passing, str(line.passing)),
            _cell("all", line.score, f"{line.score:.2f}"),
            *(_cell(name, line.scores[name], f"{line.scores[name]:.2f}") for name in formulas),
        ]
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table>"


def _text(words: str) -> str:
    return f'<td class="source" data-value="{escape(words)}">{escape(words)}</td>'


def _side(name: str) -> str:
    return "" if name in ("function", "line", "source") else ' class="number"'


def _cell(name: str, value: float, shown: str) -> str:
    return f'<td{_side(name)} data-value="{value}">{shown}</td>'


def _function(suspicion: Suspicion, number: int, function: SuspectFunction) -> Iterator[str]:
    yield f'<h3 id="f{number}">{number}. {escape(function.name)} <small>{escape(function.path)}</small></h3>'
    yield f'<p class="faint">{escape("; ".join(function.reasons))}</p><table class="code"><tbody>'
    hot = {line.line: line for line in function.lines}
    for place, words in enumerate(function.source, function.first):
        line = hot.get(place)
        if line is None:
            yield f'<tr><td></td><td class="number faint">{place}</td><td></td>{_source(words)}</tr>'
            continue
        meter = f'<span class="bar" title="{line.score:.2f}"><i></i></span>'
        yield (
            f'<tr class="hit" style="--heat: {line.score:.2f}"><td>{meter}</td><td class="number">{place}</td>'
            f"<td>{_tests(suspicion, line)}</td>{_source(words)}</tr>"
        )
    yield "</tbody></table>"


def _source(words: str) -> str:
    return f'<td class="source">{escape(words.expandtabs(4)) or " "}</td>'


def _tests(suspicion: Suspicion, line: SuspectLine) -> str:
    """Return which tests run a line, to be unfolded."""
    tests = [suspicion.tests[number] for number in line.tests]
    named = "".join(f"<li>{'✓' if test.passed else '✗'} <code>{escape(test.name)}</code></li>" for test in tests)
    more = line.failing + line.passing - len(tests)
    rest = f"<li>and {more} more</li>" if more > 0 else ""
    return f"<details><summary>✗{line.failing} ✓{line.passing}</summary><ul>{named}{rest}</ul></details>"
