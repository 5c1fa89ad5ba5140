"""Worker processes: what they return, and what becomes of a file that ends or stalls one."""

from __future__ import annotations

from contextlib import closing

from journeyman.codebase.digesting import Content, digest
from journeyman.codebase.labour import STUCK, Workers
from journeyman.codebase.words import Terms

CONTENTS = [Content(number, "python", b"def made_%d(): pass\n" % number) for number in range(1, 9)]


def test_workers_digest_as_this_process_does() -> None:
    with closing(Workers(2)) as workers:
        batches = list(workers.digest([CONTENTS[:4], CONTENTS[4:]]))
    assert batches == [digest(CONTENTS[:4], Terms()), digest(CONTENTS[4:], Terms())]


def test_a_file_whose_parser_takes_too_long_is_indexed_as_text() -> None:
    with closing(Workers(1, seconds=0.0)) as workers:
        (batch,) = workers.digest([CONTENTS])
    assert [each.note for each in batch.digested] == [STUCK] * 8
    assert [len(each.symbols) for each in batch.digested] == [1] * 8
    assert "made_3" in batch.postings
    assert len(batch.postings["made"]) == 8 * 8


def test_a_worker_that_died_is_replaced() -> None:
    with closing(Workers(1)) as workers:
        first = list(workers.digest([CONTENTS]))
        for worker in workers.started:
            worker.kill()
            worker.wait()
        assert list(workers.digest([CONTENTS])) == first
