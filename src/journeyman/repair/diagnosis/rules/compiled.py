"""What the tools of Go, Rust, Java, C, C++ and C# say, their builders among them."""

from __future__ import annotations

from journeyman.domain.diagnoses import Category as C
from journeyman.repair.diagnosis.rules.rule import rule

GO = r"^\s*(?:vet: |#\s)?(?P<path>[^\s:]+\.go):(?P<line>\d+)(?::\d+)?: "
ARROW = r"^\s*--> (?P<path>[^\s:]+):(?P<line>\d+)"
JAVA = r"^(?:\[ERROR\] )?(?P<path>(?:/[A-Z]:/[^:\[\]]+|[^\s:\[\]]+)\.(?:java|kt|scala)):(?:\[(?P<line>\d+),\d+\]|(?P<line2>\d+):)\s*(?:error: )?"
CC = r"^(?P<path>[^\s:]+\.(?:c|cc|cpp|cxx|h|hh|hpp|m)):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: "
FRAME = r"\((?P<path>\w+\.(?:java|kt)):(?P<line>\d+)\)"

RULES = (
    # Go.
    rule(
        C.TIME_OUT,
        96,
        "test timed out",
        r"^(?P<message>panic: test timed out after .*)",
        below=(r"^\s+(?P<path>\S+_test\.go):(?P<line>\d+)",),
    ),
    rule(
        C.EXCEPTION,
        93,
        "panic: ",
        r"^(?P<message>panic: .*)",
        below=(r"^\s+(?P<path>(?!/usr|/opt/hostedtoolcache|.*/src/(?:testing|runtime)/)\S+\.go):(?P<line>\d+)",),
    ),
    rule(
        C.EXCEPTION,
        90,
        "data race",
        r"^(?P<message>WARNING: DATA RACE)",
        below=(r"^\s+(?P<path>\S+\.go):(?P<line>\d+)",),
    ),
    rule(
        C.LOCK_FILE,
        92,
        "go.sum|updates to go.mod needed|inconsistent vendoring",
        r"^(?P<message>.*(?:missing go\.sum entry|updates to go\.mod needed|go: inconsistent vendoring).*)",
    ),
    rule(
        C.INFRASTRUCTURE,
        93,
        "i/o timeout|dial tcp",
        r"^(?P<message>.*dial tcp.*(?:i/o timeout|connection refused|no such host).*)",
    ),
    rule(C.ENVIRONMENT, 94, "go.mod requires go", r"^(?P<message>.*go\.mod requires go >= .*)"),
    rule(C.IMPORT, 82, "is not in goroot|is not in std", GO + r"(?P<message>package .* is not in (?:GOROOT|std).*)"),
    rule(
        C.MISSING_DEPENDENCY,
        92,
        "no required module|cannot find package|cannot find module",
        r"^(?:(?P<path>[^\s:]+\.go):(?P<line>\d+):\d+: )?(?P<message>(?:no required module provides|cannot find (?:package|module)).*)",
    ),
    rule(C.FORMAT, 88, ".go:", GO + r"(?P<message>File is not .*)"),
    rule(C.FORMAT, 82, "gofmt", r"^(?P<message>gofmt: .*|diff .*\.go\.orig .*)", above=(r"^(?P<path>\S+\.go)$",)),
    rule(
        C.LINT,
        90,
        "imported and not used|declared but not used|declared and not used",
        GO + r"(?P<message>.*(?:imported and not used|declared (?:but|and) not used).*)",
    ),
    rule(C.SYNTAX, 95, "syntax error|expected ", GO + r"(?P<message>(?:syntax error|expected ).*)"),
    rule(
        C.LINT,
        94,
        ".go:",
        GO
        + r"(?P<message>.*\((?:errcheck|gosimple|govet|ineffassign|staticcheck|unused|revive|gocritic|gosec|lll|misspell|\w+lint\w*)\))$",
    ),
    rule(
        C.LINT,
        90,
        ".go:",
        GO
        + r"(?P<message>(?:fmt\.)?\w+(?:\.\w+)? (?:format %|call has|arg list ends).*|.*unreachable code|.*composite literal uses unkeyed.*|.*self-assignment.*)",
    ),
    rule(C.TYPE, 93, ".go:", r"^(?:vet: )?(?P<path>[^\s:]+\.go):(?P<line>\d+):\d+: (?P<message>.*)"),
    rule(
        C.ASSERTION,
        92,
        "--- fail",
        r"^\s*--- FAIL: (?P<message>\S+)",
        below=(r"^\s+(?P<path>[^\s:]+_test\.go):(?P<line>\d+):",),
        placed=True,
    ),
    rule(C.ASSERTION, 50, "--- fail", r"^\s*--- FAIL: (?P<message>\S+)"),
    # Rust.
    rule(C.LOCK_FILE, 95, "--locked", r"^(?P<message>.*lock file .* because --locked was passed.*)"),
    rule(C.ENVIRONMENT, 93, "requires rustc", r"^(?P<message>.*requires rustc \d.*)"),
    rule(C.FORMAT, 96, "diff in ", r"^Diff in (?P<path>\S+?\.rs)(?::| at line )(?P<line>\d+)"),
    rule(
        C.MISSING_DEPENDENCY,
        90,
        "no matching package|failed to select a version",
        r"^error: (?P<message>(?:no matching package|failed to select a version).*)",
    ),
    rule(
        C.INFRASTRUCTURE,
        92,
        "network error|failed to download",
        r"^(?P<message>.*(?:spurious network error|failed to download from).*)",
    ),
    rule(
        C.MISSING_DEPENDENCY,
        86,
        "unlinked crate|use of undeclared crate|unresolved module or unlinked",
        r"^error(?:\[E0\d+\])?: (?P<message>.*(?:unlinked crate|use of undeclared crate).*)",
        below=(ARROW,),
    ),
    rule(C.MISSING_DEPENDENCY, 85, "can't find crate", r"^error\[E0463\]: (?P<message>.*)", below=(ARROW,)),
    rule(C.IMPORT, 84, "error[e043", r"^error\[E043[23]\]: (?P<message>.*)", below=(ARROW,)),
    rule(C.TYPE, 96, "error[e0", r"^error\[E0\d+\]: (?P<message>.*)", below=(ARROW,)),
    rule(C.SYNTAX, 90, "error: expected", r"^error: (?P<message>expected .*)", below=(ARROW,)),
    rule(
        C.SYNTAX,
        88,
        "error: un|error: mismatched|error: this file",
        r"^error: (?P<message>(?:un(?:closed|expected|known start|terminated)|mismatched|this file contains).*)",
        below=(ARROW,),
    ),
    rule(
        C.MISSING_DEPENDENCY,
        87,
        "unlinked crate",
        r"(?P<message>use of (?:unresolved module or unlinked|undeclared) crate.*)",
        above=(ARROW,),
    ),
    rule(
        C.LINT,
        88,
        "error: ",
        r"^error: (?P<message>(?!could not compile|aborting|process|test failed|command|linking).*)",
        below=(r"^ *--> (?P<path>[^\s:]+\.rs):(?P<line>\d+)",),
        placed=True,
    ),
    rule(C.SNAPSHOT, 92, "snapshot assertion", r"(?P<message>snapshot assertion for .* failed.*)"),
    rule(
        C.ASSERTION,
        94,
        "panicked at",
        r"^(?P<message>.*panicked at '?assertion.*)",
        below=(r"', (?P<path>\S+\.rs):(?P<line>\d+)",),
    ),
    rule(
        C.ASSERTION,
        95,
        "assertion",
        r"^(?P<message>assertion (?:`|failed).*)",
        above=(r"panicked at (?P<path>\S+\.rs):(?P<line>\d+)",),
    ),
    rule(
        C.EXCEPTION,
        84,
        "called `|index out of bounds|overflow|unreachable",
        r"^(?P<message>(?:called `(?:Option|Result)|index out of bounds|attempt to |internal error: entered).*)",
        above=(r"panicked at (?P<path>\S+\.rs):(?P<line>\d+)",),
    ),
    rule(
        C.FLAKY,
        93,
        "flak",
        r"^(?:\[WARNING\]\s*)?(?P<message>.*(?:\(\d+ flaky\)|\bFlakes:(?: *[1-9]\d*\b|\s*$)|, [1-9]\d* flaky).*)$",
    ),
    # Java.
    rule(
        C.SYNTAX,
        94,
        "expected",
        JAVA
        + r"(?P<message>(?:'[^']+' expected|<identifier> expected|class, interface.*expected|illegal start|reached end of file|not a statement|unclosed).*)",
    ),
    rule(C.MISSING_DEPENDENCY, 82, ".java:", JAVA + r"(?P<message>package \S+ does not exist.*)"),
    rule(C.LINT, 92, ".java:", r"^\[ERROR\] (?P<path>\S+\.java):\[?(?P<line>\d+)[^\]]*\]? \(\w+\) (?P<message>.*)"),
    rule(
        C.TYPE,
        93,
        ".java:|.kt:",
        JAVA
        + r"(?P<message>(?:cannot find symbol|incompatible types|.* cannot be (?:converted|applied)|unreported exception|.*is not abstract|.*).*)",
    ),
    rule(
        C.FORMAT,
        95,
        "format violations",
        r"^(?P<message>.*files had format violations.*)",
        below=(r"^\s*(?:\[ERROR\]\s+)?(?P<path>\S+\.\w+)$",),
    ),
    rule(C.INFRASTRUCTURE, 93, "could not transfer artifact", r"(?P<message>Could not transfer artifact.*)"),
    rule(
        C.MISSING_DEPENDENCY, 92, "could not find", r"(?P<message>Could not find (?:artifact )?[\w.-]+:[\w.-]+:\S+.*)"
    ),
    rule(C.MISSING_DEPENDENCY, 88, "could not resolve dep", r"(?P<message>Could not resolve dependencies for.*)"),
    rule(C.FORMAT, 86, "-ed (gofumpt)|-ed (gofmt)|-ed (goimports)", r"(?P<message>File is not `\w+`-ed.*)"),
    rule(C.ASSERTION, 88, "but was", r"^(?P<message>(?:\[ERROR\])?.*expected: ?<.*but was: ?<.*)"),
    rule(
        C.ENVIRONMENT,
        92,
        "invalid target release|invalid source release|unsupportedclassversion",
        r"^(?P<message>.*(?:invalid (?:target|source) release|UnsupportedClassVersionError).*)",
    ),
    rule(C.INFRASTRUCTURE, 90, "outofmemoryerror", r"^(?P<message>.*java\.lang\.OutOfMemoryError.*)"),
    rule(
        C.ASSERTION,
        93,
        "assertionfailederror|comparisonfailure|java.lang.assertionerror",
        r"^(?P<message>.*(?:AssertionFailedError|ComparisonFailure|java\.lang\.AssertionError).*)",
        below=(r"\((?P<path>\w+Tests?\.(?:java|kt)):(?P<line>\d+)\)",),
    ),
    rule(
        C.EXCEPTION,
        86,
        "exception",
        r"^\s*(?P<message>(?:java|javax|org|com|kotlin)(?:\.\w+)+(?:Exception|Error)\b.*)",
        below=(FRAME,),
    ),
    # C, C++, C#.
    rule(
        C.FORMAT,
        96,
        "clang-format",
        r"^(?P<path>[^\s:]+):(?P<line>\d+):\d+: error: (?P<message>code should be clang-formatted.*)",
    ),
    rule(C.MISSING_DEPENDENCY, 90, "no such file", CC + r"(?P<message>\S+: No such file or directory)"),
    rule(C.LINT, 93, "-werror", CC + r"(?P<message>.*\[-Werror.*)"),
    rule(C.SYNTAX, 93, "expected", CC + r"(?P<message>expected .*)"),
    rule(C.TYPE, 92, "error: ", CC + r"(?P<message>.*)"),
    rule(
        C.IMPORT,
        80,
        "undefined reference",
        r"(?:(?P<path>[^\s:(]+\.(?:c|cc|cpp))[:(]\S* )?(?P<message>undefined reference to .*)",
    ),
    rule(C.MISSING_DEPENDENCY, 84, "cannot find -l", r"(?P<message>cannot find -l\S+)"),
    rule(
        C.MISSING_DEPENDENCY,
        80,
        "could not find a package configuration|could not find ",
        r"^\s+(?P<message>Could not find a package configuration file.*)",
        above=(r"^CMake Error at (?P<path>\S+):(?P<line>\d+)",),
    ),
    rule(
        C.ASSERTION,
        92,
        "assertion",
        r"(?P<path>[^\s:]+\.(?:c|cc|cpp|h)):(?P<line>\d+): .*(?P<message>Assertion .* failed.*)",
    ),
    rule(C.ASSERTION, 92, ": failure", r"^(?P<path>\S+\.(?:cc|cpp|cxx)):(?P<line>\d+): (?P<message>Failure)"),
    rule(
        C.EXCEPTION,
        90,
        "error: |segmentation fault",
        r"^(?P<message>.*(?:ERROR: (?:Address|Leak|Memory)Sanitizer|[Ss]egmentation fault).*)",
        below=(r"^\s+#\d+ .* (?P<path>/\S+\.(?:c|cc|cpp)):(?P<line>\d+)",),
    ),
    rule(C.TYPE, 92, "error cs", r"^(?P<path>[^\s(]+\.cs)\((?P<line>\d+),\d+\): error (?P<message>CS\d+: .*)"),
)
