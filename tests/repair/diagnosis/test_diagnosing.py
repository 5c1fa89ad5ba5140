"""What is told of real logs, wrapped as CI systems wrap them, and of any bytes."""

from __future__ import annotations

import io
import json
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from itertools import chain, cycle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.domain.diagnoses import Category
from journeyman.repair.diagnosis import diagnose_log, diagnose_text
from journeyman.repair.diagnosis.lines import cleaned
from journeyman.repair.diagnosis.rules import STEMS, rules
from tests.repair.diagnosis.logs import Endless, noise
from tests.repair.diagnosis.samples import Sample, calibration_error, samples, score

SAMPLES = samples()
HELD_OUT = [each for each in SAMPLES if each.held_out]
MADE_ON = [each for each in SAMPLES if not each.held_out]


def github(text: str) -> str:
    """Wrap as GitHub Actions does, with its groups."""
    lines = [
        "##[group]Run checks",
        "checks",
        "##[endgroup]",
        *text.split("\n"),
        "##[error]Process completed with exit code 1.",
    ]
    return "\n".join(f"2026-11-20T10:11:{n % 60:02d}.{n:07d}Z {line}" for n, line in enumerate(lines))


def downloaded(text: str) -> str:
    """Wrap as a log of GitHub that was fetched with gh, between two others."""
    lines = [f"test\tRun checks\t2026-11-20T10:11:12.0000001Z {line}" for line in text.split("\n")]
    return "\n".join(["lint\tRun lint\t2026-11-20T10:11:11.0000001Z All checks passed!", *lines])


def gitlab(text: str) -> str:
    """Wrap as GitLab does, with its sections."""
    begin = "section_start:1763633472:step_script\r\x1b[0K\x1b[0Ksection_end:1763633471:prepare\r\x1b[0K"
    return "\n".join([begin, "\x1b[32;1m$ make check\x1b[0;m", *text.split("\n"), "\x1b[31;1mCleaning up\x1b[0;m"])


def jenkins(text: str) -> str:
    """Wrap as Jenkins does, with a stage and the time."""
    lines = ["[Pipeline] sh", *text.split("\n"), "[Pipeline] }", "Finished: FAILURE"]
    return "\n".join(f"[2026-11-20T10:11:{n % 60:02d}.123Z] {line}" for n, line in enumerate(lines))


def test_there_are_samples_enough_of_each_kind() -> None:
    kinds = Counter(kind for each in SAMPLES for kind in each.categories)
    assert len({each.name for each in SAMPLES}) == len(SAMPLES) >= 150
    assert len(HELD_OUT) >= 75
    assert set(kinds) == {*map(str, Category), "none"}
    assert min(kinds.values()) >= 5


def test_logs_never_looked_at_are_told() -> None:
    found = score(HELD_OUT, diagnose_text)
    assert found.wrong / found.logs <= 0.10, found.names
    assert found.misplaced / found.placed <= 0.20
    assert found.calibration_error <= 0.10


def test_logs_that_rules_were_made_on_are_told() -> None:
    found = score(MADE_ON, diagnose_text)
    assert found.wrong / found.logs <= 0.05, found.names
    assert found.misplaced / found.placed <= 0.10


@pytest.mark.parametrize("wrap", [github, downloaded, gitlab, jenkins])
def test_a_ci_system_around_it_changes_nothing(wrap) -> None:
    different = [each.name for each in SAMPLES if _told(each.text) != _told(wrap(each.text))]
    assert len(different) <= len(SAMPLES) * 0.02, different


def test_lines_left_out_early_would_tell_nothing() -> None:
    for sample in SAMPLES:
        for raw in sample.text.encode().split(b"\n"):
            text = cleaned(raw).text
            lowered = text.lower()
            telling = (r for r in rules() if any(a in lowered for a in r.anchors) and r.pattern.search(text))
            rule = next(telling, None)
            if rule and rule.category and not rule.placed and not rule.guess:
                assert any(stem.encode() in raw.lower() for stem in STEMS), (sample.name, text)


def test_an_example_of_documentation_is_told_by_its_own_words() -> None:
    log = "Failed example:\n    to_roman(4)\nExpected:\n    'IV'\nGot:\n    ''\n"
    assert [each.message for each in diagnose_text(log)] == ["Failed example: to_roman(4)"]


def test_interleaved_jobs_are_kept_apart() -> None:
    one = ["api-1  | Traceback (most recent call last):", 'api-1  |   File "api/load.py", line 7, in load']
    other = ["web-1  | web/index.js:3", "web-1  | TypeError: x is not a function"]
    log = "\n".join([one[0], other[0], one[1], other[1], "api-1  | KeyError: 'size'"])
    assert {each.place for each in diagnose_text(log)} == {"api/load.py:7", "web/index.js:3"}


def test_a_progress_bar_is_its_last_state() -> None:
    log = b"\r".join(b"%3d%% downloading" % n for n in range(100)) + b"\rapp.py:3: error: Name 'x' is not defined\n"
    (found,) = diagnose_log(io.BytesIO(log))
    assert (found.category, found.place, found.evidence[0].number) == (Category.TYPE, "app.py:3", 1)


@pytest.mark.parametrize(
    ("log", "place"),
    [
        ('Run test -z "$(gofmt -l .)"\ncmd/main.go\npkg/a.go\nError: exit code 1', "cmd/main.go"),
        ("$ gofmt -s -l .\n./pkg/a.go\nmake: *** [Makefile:4: fmt] Error 1", "pkg/a.go"),
        ("> npx prettier --list-different src\n\nsrc/deep/x.tsx\nnpm ERR! code 1", "src/deep/x.tsx"),
    ],
)
def test_files_that_a_formatter_only_lists_are_told(log: str, place: str) -> None:
    found = diagnose_text(log)[0]
    assert (found.category, found.place) == (Category.FORMAT, place)


def test_a_formatter_that_lists_nothing_tells_nothing() -> None:
    assert diagnose_text("$ gofmt -l .\n$ prettier --list-different src\n$ go test ./...\nok acme/shop 0.1s") == ()


def test_evidence_names_the_line_of_the_log() -> None:
    log = noise() + b"app.py:3: error: Name 'x' is not defined  [name-defined]\n" + noise()
    (found,) = diagnose_log(io.BytesIO(log))
    assert found.evidence[0].number == noise().count(b"\n") + 1


def test_where_blocks_end_changes_nothing() -> None:
    text = "\n".join(each.text for each in SAMPLES).encode()
    assert diagnose_log(Trickle(text)) == diagnose_log(io.BytesIO(text))


class Trickle(io.BytesIO):
    """Gives a few bytes at a time, whatever is asked."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, 4_099))


def test_calibration_error_of_known_tellings() -> None:
    assert calibration_error([(90, True)] * 9 + [(90, False)]) == pytest.approx(0)
    assert calibration_error([(95, False)] * 4) == pytest.approx(0.95)


@given(st.binary(max_size=400), st.sampled_from(SAMPLES), st.integers(0, 2_000))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read(noise: bytes, sample: Sample, at: int) -> None:
    text = sample.text.encode()
    for found in diagnose_log(io.BytesIO(text[:at] + noise + text[at:])):
        assert 0 <= found.confidence <= 100
        assert found.evidence
        assert not any(ord(each) < 32 for line in found.evidence for each in line.text if each != "\t")


def test_a_line_without_end_takes_no_memory() -> None:
    assert diagnose_log(Endless(cycle([b"\r 50% of error " * 4_000]), 20_000_000)) == ()


@pytest.mark.long
def test_a_hundred_megabytes_in_bounded_time_and_memory() -> None:
    pieces = chain.from_iterable((noise(), each.text.encode()) for each in cycle(SAMPLES))
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    assert diagnose_log(Endless(pieces, 100_000_000))
    assert time.process_time() - began < 10  # the bench holds it to 5; a busy machine takes longer
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000


@pytest.mark.long
def test_a_log_of_nothing_but_telling_words_ends_too() -> None:
    chance, words = random.Random(5), ("error", "failed", "not found", "warn", "assert", "time")
    log = "\n".join(" ".join(chance.choices(words, k=8)) for _ in range(500_000)).encode()
    began = time.process_time()
    assert diagnose_log(io.BytesIO(log)) == ()
    assert time.process_time() - began < 20


def fix(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "journeyman", "fix", *words], input=given, capture_output=True)


def test_fix_reads_a_log_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "ci.log").write_text(github("src/a.ts(3,5): error TS2322: Type 'string' is not assignable."))
    done = fix("--log", str(tmp_path / "ci.log"))
    assert done.returncode == 0
    assert b"type  src/a.ts:3" in done.stdout


def test_fix_reads_a_log_from_standard_input() -> None:
    done = fix("--log", "-", "--json", given=b"ERROR: No matching distribution found for acme==1\n")
    (found,) = json.loads(done.stdout)["diagnoses"]
    assert (found["category"], found["evidence"][0]["number"]) == ("missing dependency", 1)


def test_fix_says_in_a_line_that_a_log_is_not_there(tmp_path: Path) -> None:
    done = fix("--log", str(tmp_path / "none.log"))
    assert (done.returncode, done.stderr.count(b"\n"), done.stdout) == (2, 1, b"")


def _told(text: str) -> tuple[Category, str] | None:
    found = diagnose_text(text)
    return (found[0].category, found[0].place) if found else None
