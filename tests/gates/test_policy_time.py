"""The time that the policy for commands takes, on the worst of commands, and what it never lets through unseen."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.gates import refusal
from tests.gates.hostile import HOSTILE

Note = Callable[[str, object], None]
PROSE = 'Never run rm -rf / or mkfs.ext4 /dev/sda, nor ./install.sh: it says "don\'t".\n' * 400
"""Some 30 kB, more than is looked at."""
ORDINARY_LONG = [
    f"cat > notes.md <<'EOF'\n{PROSE}EOF",
    f"cat > ./notes.md <<'EOF'\n{PROSE}EOF\nls -l notes.md",
    f'mkdir -p docs && cat <<"EOF" > docs/notes.md\n{PROSE}EOF\ngit add docs',
    f"tee notes.md <<EOF\n{PROSE}EOF\n",
    f"cat > a.py <<'EOF'\n{PROSE}EOF\ncat > b.py <<'END'\n{PROSE}END\npython a.py",
    f"git commit -m \"$(cat <<'EOF'\n{PROSE}EOF\n)\"",
    f"cat <<-'EOF' >> notes.md\n\t{PROSE}\tEOF\nmake",
    f"cat <<A >a <<'B'\nx\nA\n{PROSE}B\nls",
]
HIDDEN = [
    f"cat > notes.md <<'EOF'\n{PROSE}EOF\nrm -rf /",
    f"cat <<A >a <<'B'\nx\nA\n{PROSE}B\nrm -rf /",
    "cat <<EOF\n$(rm -rf /)\nEOF",
    "cat > x <<EOF\nit is `rm -rf /`\nEOF",
    'echo "<<EOF"\nrm -rf /\nEOF',
    "echo '<<EOF'\nrm -rf /\nEOF",
    "true # <<EOF\nrm -rf /\nEOF",
    "cat <<< x\nrm -rf /\nx",
    "echo $((1<<A))\nrm -rf /\nA",
    "cat <<EOF\n EOF\ncat <<X\nEOF\nrm -rf /\nX",
    "sudo bash <<EOF\nrm -rf /\nEOF",
    "env X=1 bash -s <<'EOF'\nrm -rf /\nEOF",
    "while read -r x; do sh -c \"$x\"; done <<'EOF'\nrm -rf /\nEOF",
    "(bash) <<EOF\nrm -rf /\nEOF",
    "cat > x.sh <<'EOF'\n" + "true\n" * 1000 + "rm -rf /\nEOF\nsh x.sh",
]


def _cost(command: str) -> float:
    """Return the CPU seconds that judging a command takes."""
    return min(_once(command) for _ in range(3))


def _once(command: str) -> float:
    began = time.thread_time()
    refusal(command)
    return time.thread_time() - began


@pytest.mark.parametrize("name", HOSTILE)
def test_the_time_grows_no_faster_than_the_command(name: str):
    half, whole = _cost(HOSTILE[name](10_000)), _cost(HOSTILE[name](20_000))
    assert whole <= 4 * half + 0.1
    assert whole <= 1


@pytest.mark.parametrize("name", ["lines", "here-documents that never end", "substitutions unclosed", "backticks"])
def test_the_longest_that_may_pass_takes_no_longer(name: str, record_property: Note):
    hostile = HOSTILE[name](390_000)
    costs = [_cost(hostile), _cost(f"cat > x <<A\n{hostile}\nA\n"), _cost(f"$({HOSTILE[name](19_990)})")]
    record_property("cost", f"judging {name}, 390,000 characters: {max(costs):.3f} CPU s")
    assert max(costs) <= 1


@pytest.mark.parametrize("command", ORDINARY_LONG)
def test_a_long_document_that_is_only_written_may_pass(command: str):
    assert len(command) > 25_000
    assert refusal(command) is None


@pytest.mark.parametrize("command", HIDDEN)
def test_what_is_run_behind_a_document_is_seen(command: str):
    assert refusal(command) == "delete-root"


@pytest.mark.parametrize(
    ("rule", "command"),
    [
        ("too-long", "echo x\n" * 3_000 + "rm -rf /"),
        ("too-long", "x" * 20_001),
        ("too-long", f"sh <<'EOF'\n{PROSE}EOF"),
        ("too-long", f"python - <<'EOF'\n{PROSE}EOF"),
        ("too-long", f"cat > x <<'EOF'\n{PROSE}"),
        ("too-long", f"cat > x <<'EOF'\n{PROSE * 15}EOF"),
        ("too-complicated", "cat <<A\nx\nA\n" * 101 + "rm -rf /"),
        ("too-complicated", "".join(f"$(a{n}) " for n in range(200))),
        ("too-complicated", "a; " * 2_000 + "rm -rf /"),
        ("too-complicated", HOSTILE["sh -c in sh -c"](2_000)),
        ("too-complicated", HOSTILE["variables"](600)),
        ("too-complicated", "curl a; " * 61),
    ],
)
def test_what_is_not_looked_at_is_refused_by_name(rule: str, command: str):
    assert refusal(command) == rule


@given(
    st.lists(
        st.sampled_from(sorted(HOSTILE)).flatmap(
            lambda name: st.integers(0, 300).map(lambda length: HOSTILE[name](length))
        )
        | st.sampled_from(["\n", " ", "'", '"', "$(", ")", "<<A", "\nA\n", "|", "\\", "{", "}"]),
        max_size=8,
    )
)
def test_any_mixture_has_an_answer(pieces: list[str]):
    assert refusal("".join(pieces)) != ""
