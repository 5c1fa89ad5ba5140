"""What Python's tools say: interpreter, pytest, unittest, ruff, black, isort, flake8, pylint, mypy, pyright, installers."""

from __future__ import annotations

from journeyman.domain.diagnoses import Category as C
from journeyman.repair.diagnosis.rules.rule import rule

SCRIPT = r"^(?:file://)?(?P<path>[^\s:()]+\.[cm]?[jt]sx?):(?P<line>\d+)$"
SCRIPT_FRAME = r"(?:^|\s|\()(?:file://)?(?P<path>[^\s:()]+\.[cm]?[jt]sx?):(?P<line>\d+):\d+\)?"
FRAMES = (
    r'^(?:E\s+|\*{3})?\s*File "(?P<path>[^"<]+)", line (?P<line>\d+)',
    r"^(?P<path>[^\s:]+\.py):(?P<line>\d+): in ",
    SCRIPT,
)
LAST_FRAME = r"^(?P<path>[^\s:]+\.py):(?P<line>\d+): (?:[\w.]*(?:Error|Exception|Failed|Warning|Exit)\b|$)"
E = r"^(?:E\s+|FAILED \S+ - |ERROR \S+ - )?"
PLACE = r"^(?:E\s+)?(?P<path>[^\s:]+\.pyi?):(?P<line>\d+)(?::\d+)?:? "
SUMMARY = r"^(?:FAILED|ERROR) (?P<path>[^\s:]+\.py)(?:::\S+(?: ?[^-]*\])?)? - "
BELOW = (LAST_FRAME, SCRIPT_FRAME)
ABOVE = FRAMES

RULES = (
    rule(None, 0, "warning", r"^\S+\.py:\d+: \w*Warning: |^\s*\w*Warning: "),
    # Linters, formatters, type checkers: each names its place.
    rule(C.FORMAT, 97, "reformat", r"^(?:error: )?[Ww]ould reformat:? (?P<path>\S.*)$"),
    rule(C.FORMAT, 95, "incorrectly sorted", r"^ERROR: (?P<path>.+?) Imports are incorrectly sorted"),
    rule(C.FORMAT, 80, "reformatted", r"^\d+ files? would be reformatted"),
    rule(C.FORMAT, 88, "reformatted", r"^reformatted (?P<path>\S.*)$"),
    rule(
        C.FORMAT,
        92,
        "unformatted",
        r"^unformatted: File would be reformatted",
        below=(r"^\s*--> (?P<path>[^:\s]+):(?P<line>\d+)",),
    ),
    rule(
        C.SYNTAX,
        96,
        "cannot parse|cannot format",
        r"^error: cannot format (?P<path>[^:]+): Cannot parse.*?: (?P<line>\d+):",
    ),
    rule(C.SYNTAX, 96, "cannot parse", r"^error: cannot parse: (?P<path>[^:]+):(?P<line>\d+):\d+"),
    rule(C.SYNTAX, 95, "syntax", PLACE + r"error: (?P<message>.*\[syntax\])"),
    rule(C.SYNTAX, 94, "syntax", PLACE + r"error: (?P<message>[Ii]nvalid syntax.*)"),
    rule(
        C.SYNTAX,
        95,
        ".py",
        PLACE + r"(?P<message>(?:E999|E902|E0001|invalid-syntax|SyntaxError|error\[invalid-syntax).*)",
    ),
    rule(
        C.SYNTAX,
        94,
        "invalid-syntax|syntaxerror",
        r"^(?:error\[)?(?P<message>(?:invalid-syntax|SyntaxError)\b(?!: (?:The requested module|/|file:)).*)",
        below=(r"^\s*--> (?P<path>[^:\s]+):(?P<line>\d+)",),
        above=FRAMES,
    ),
    rule(
        C.IMPORT,
        72,
        "import-not-found|cannot find implementation",
        PLACE + r"error: (?P<message>Cannot find implementation.*)",
    ),
    rule(
        C.MISSING_DEPENDENCY,
        85,
        "library stubs not installed",
        PLACE + r"error: (?P<message>Library stubs not installed.*)",
    ),
    rule(
        C.IMPORT,
        82,
        "could not be resolved",
        r"^\s*(?P<path>[^\s:]+):(?P<line>\d+):\d+ - error: (?P<message>Import .* could not be resolved.*)",
    ),
    rule(C.TYPE, 95, " - error: ", r"^\s*(?P<path>[^\s:]+\.pyi?):(?P<line>\d+):\d+ - error: (?P<message>.*)"),
    rule(C.TYPE, 96, " error: ", PLACE + r"error: (?P<message>.*)"),
    rule(
        C.LINT,
        95,
        ".py|.ipynb",
        r"^(?:\S+ )?(?P<path>[^\s:]+\.(?:pyi?|ipynb)):(?P<line>\d+):\d+:? (?P<message>(?:\[?[A-Z]{1,4}\d{3,4}\b|error\[).*)",
    ),
    rule(C.LINT, 94, "::error", r"^::error .*?file=(?P<path>[^,:]+),line=(?P<line>\d+)[^:]*::(?P<message>.*)"),
    rule(
        C.LINT,
        95,
        "`|[*]|too long",
        r"^(?P<message>[A-Z]{1,4}\d{3,4} .*)$",
        below=(r"^\s*--> (?P<path>[^:\s]+):(?P<line>\d+)",),
    ),
    rule(C.LINT, 90, "--> ", r"^\s*--> (?P<path>[^:\s]+\.(?:pyi?|ipynb)):(?P<line>\d+):\d+$"),
    # Tests.
    rule(
        C.TIME_OUT, 95, "timeout", E + r"(?P<message>Failed: Timeout (?:>|\().*)", below=(LAST_FRAME,), above=FRAMES
    ),
    rule(C.TIME_OUT, 92, "timeout", r"^\+{5,}\s*Timeout\s*\+{5,}$", above=FRAMES, below=FRAMES),
    rule(C.FLAKY, 93, "rerun", r"^(?P<path>\S+\.py)::\S+.*\bRERUN\b"),
    rule(C.FLAKY, 88, "rerun", r"^=+ .*\b(?P<message>\d+ passed.*, \d+ rerun).*=+$"),
    rule(
        C.SNAPSHOT,
        93,
        "snapshot",
        E + r"(?P<message>AssertionError: assert .*snapshot\].*)|^\d+ snapshots? failed",
        below=(SUMMARY,),
        above=(SUMMARY,),
    ),
    rule(
        C.MISSING_DEPENDENCY,
        60,
        "no module named",
        E + r"(?P<message>ModuleNotFoundError: No module named '\w+\.[\w.]+'; .* is not a package)",
        below=BELOW,
        above=ABOVE,
    ),
    rule(
        C.IMPORT,
        84,
        "no module named",
        E + r"(?P<message>ModuleNotFoundError: No module named '\w+\.[\w.]+')",
        below=BELOW,
        above=ABOVE,
    ),
    rule(
        C.MISSING_DEPENDENCY,
        90,
        "no module named",
        E + r"(?P<message>(?:ModuleNotFoundError|ImportError): No module named '?\w+'?)",
        below=BELOW,
        above=ABOVE,
    ),
    rule(C.MISSING_DEPENDENCY, 92, "no module named", r"^(?P<message>\S*python[\d.]*: No module named \S+)"),
    rule(
        C.ENVIRONMENT,
        93,
        "cannot open shared object",
        E + r"(?P<message>(?:ImportError|OSError): .*cannot open shared object file.*)",
    ),
    rule(
        C.IMPORT,
        95,
        "cannot import name",
        E + r"(?P<message>ImportError: cannot import name .*)",
        below=BELOW,
        above=ABOVE,
    ),
    rule(
        C.SYNTAX,
        95,
        "error",
        E + r"(?P<message>(?:SyntaxError|IndentationError|TabError)\b(?!: (?:The requested module|/|file:)).*)",
        above=FRAMES,
    ),
    rule(
        C.INFRASTRUCTURE,
        72,
        "connection refused|connectionrefused",
        E
        + r"(?P<message>[\w.]*(?:OperationalError|ConnectionRefusedError|ConnectionError)\b.*[Cc]onnection ?refused.*)",
        below=BELOW,
        above=ABOVE,
    ),
    rule(C.INFRASTRUCTURE, 93, "no space left", E + r"(?P<message>.*No space left on device.*)"),
    rule(C.ENVIRONMENT, 80, "keyerror", r"^(?P<message>KeyError: '[A-Z][A-Z0-9]*_[A-Z0-9_]+')$"),
    rule(C.ASSERTION, 95, "assert", r"^(?:E\s+)(?P<message>(?:AssertionError|assert)\b.*)", below=BELOW, above=ABOVE),
    rule(
        C.ASSERTION,
        94,
        "assertionerror",
        r"^(?P<message>(?:[\w.]+\.)?AssertionError(?::.*|$))",
        below=BELOW,
        above=ABOVE,
    ),
    rule(C.ASSERTION, 94, "did not raise", E + r"(?P<message>Failed: DID NOT RAISE.*)", below=BELOW, above=ABOVE),
    rule(C.ASSERTION, 92, "assert", SUMMARY + r"(?P<message>(?:AssertionError|assert |Failed: DID NOT RAISE).*)"),
    rule(
        C.EXCEPTION,
        92,
        "fixture '",
        r"^E\s+(?P<message>fixture '\w+' not found)",
        above=(r"^file (?P<path>\S+), line (?P<line>\d+)",),
        below=(LAST_FRAME,),
    ),
    rule(C.EXCEPTION, 90, "error|exception", SUMMARY + r"(?P<message>[\w.]*(?:Error|Exception)\b.*)"),
    rule(
        C.EXCEPTION,
        91,
        "error|exception",
        r"^E\s+(?P<message>[A-Za-z_][\w.]*(?:Error|Exception|Failure|NotFound|Exit|DoesNotExist)(?:: .*|$))",
        below=BELOW,
        above=ABOVE,
    ),
    rule(
        C.EXCEPTION,
        88,
        "error|exception",
        r"^(?P<message>(?!SyntaxError)(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception)(?: \[\w+\])?(?:: (?!Cannot find (?:module|package)|.* mismatch$).*|$))",
        below=BELOW,
        above=ABOVE,
    ),
    rule(C.IMPORT, 78, "import file mismatch", r"^(?:E\s+)?(?P<message>import file mismatch:.*)"),
    # Installers.
    rule(
        C.LOCK_FILE,
        96,
        "lockfile|lock file|poetry.lock|pipfile.lock",
        r"^(?P<message>.*(?:The lock ?file at `uv\.lock` needs to be updated|(?:poetry|Pipfile)\.lock.*(?:last generated|out of date|changed significantly|not up to date|is not consistent)).*)",
    ),
    rule(
        C.LOCK_FILE, 88, "do not match the hashes", r"^ERROR: (?P<message>THESE PACKAGES DO NOT MATCH THE HASHES.*)"
    ),
    rule(
        C.ENVIRONMENT,
        94,
        "requires a different python|externally-managed",
        r"^(?:ERROR|error): (?P<message>(?:Package .* requires a different Python|externally-managed-environment).*)",
    ),
    rule(
        C.MISSING_DEPENDENCY,
        90,
        "could not find a version|no matching distribution|cannot install|resolutionimpossible|conflicting",
        r"^ERROR: (?P<message>(?:Could not find a version that satisfies|No matching distribution|Cannot install|ResolutionImpossible|Double requirement).*)",
    ),
    rule(C.MISSING_DEPENDENCY, 88, "double requirement", r"^ERROR: (?P<message>Double requirement.*)"),
    rule(
        C.MISSING_DEPENDENCY,
        88,
        "no solution found|version solving failed",
        r"(?P<message>(?:No solution found when resolving|version solving failed).*)",
    ),
)
