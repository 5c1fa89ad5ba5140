"""What Node's tools say: node, npm, pnpm, yarn, eslint, prettier, tsc, jest, vitest, mocha, playwright, bundlers."""

from __future__ import annotations

from journeyman.domain.diagnoses import Category as C
from journeyman.repair.diagnosis.rules.rule import rule

SOURCE = r"(?P<path>(?:file://)?[^\s:()'\"]+\.(?:[cm]?[jt]sx?|vue|svelte))"
STACK = r"(?:^|\s|\()(?:at .*\(|at |❯ |› |\()?" + SOURCE + r":(?P<line>\d+)(?::\d+)?"
FAIL = r"^\s*(?:FAIL|❯|●) +" + SOURCE
STACK_ALONE = r"^\s*" + SOURCE + r":(?P<line>\d+)$"
WEBPACK = r"^ERROR in (?P<path>\S+) (?P<line>\d+)"
IN_BRACKETS = r"\((?P<path>[^()\s]+\.[cm]?[jt]sx?)\)"
BELOW = (STACK,)
ABOVE = (FAIL,)
LOCAL = r"['\"](?:\.{1,2}/|/|@/|~/)[^'\"]*['\"]"

RULES = (
    rule(
        C.SNAPSHOT,
        95,
        "snapshot",
        r"^\s*(?:Error: )?(?P<message>(?:Snapshot `.*` mismatch|Snapshot name: `|New snapshot was not written).*)",
        below=BELOW,
        above=ABOVE,
    ),
    rule(
        C.SNAPSHOT,
        85,
        "snapshot",
        r"^\s*(?P<message>›? ?\d+ snapshots? (?:failed|obsolete).*failed.*|Snapshots:? +\d+ failed.*)",
        above=(FAIL,),
    ),
    rule(
        C.TIME_OUT,
        94,
        "timeout|timed out",
        r"^\s*(?:thrown: \"|Error: |→ )*(?P<message>(?:Exceeded timeout of|Test timed out in|Timeout of \d+ms exceeded|Test timeout of \d+ms exceeded|Hook timed out).*)",
        below=(STACK, IN_BRACKETS),
        above=(STACK,),
    ),
    rule(
        C.TIME_OUT,
        72,
        "timed out retrying",
        r"^\s*(?P<message>(?:\w*Error: )?Timed out retrying after.*)",
        below=(STACK,),
    ),
    rule(C.FLAKY, 92, " flaky", r"^\s*(?P<message>\d+ flaky)\b", below=(STACK,)),
    # Types and modules.
    rule(
        C.IMPORT,
        90,
        "error ts2307",
        r"^" + SOURCE + r"[(:](?P<line>\d+)[,:]\d+\)?(?::| -) error (?P<message>TS2307: .*" + LOCAL + r".*)",
    ),
    rule(
        C.MISSING_DEPENDENCY,
        88,
        "error ts",
        r"^" + SOURCE + r"[(:](?P<line>\d+)[,:]\d+\)?(?::| -) error (?P<message>TS(?:2307|7016|2688|2792): .*)",
    ),
    rule(
        C.IMPORT,
        88,
        "error ts",
        r"^" + SOURCE + r"[(:](?P<line>\d+)[,:]\d+\)?(?::| -) error (?P<message>TS(?:2305|2614|2724|1192): .*)",
    ),
    rule(
        C.SYNTAX,
        93,
        "error ts1",
        r"^" + SOURCE + r"[(:](?P<line>\d+)[,:]\d+\)?(?::| -) error (?P<message>TS1\d{3}: .*)",
    ),
    rule(C.TYPE, 96, "error ts", r"^" + SOURCE + r"[(:](?P<line>\d+)[,:]\d+\)?(?::| -) error (?P<message>TS\d+: .*)"),
    rule(
        C.IMPORT,
        92,
        "cannot find module|can't resolve|failed to resolve import|failed to load",
        r"(?P<message>(?:Cannot find module|Can't resolve|[Ff]ailed to resolve import|Failed to load url) ['\"]?(?:\.{1,2}/|/(?!.*node_modules)|@/|~/).*)",
        below=(r"from \"(?P<path>[^\"]+)\"", STACK, r"^- (?P<path>\S+)$"),
        above=(WEBPACK, FAIL, STACK_ALONE),
    ),
    rule(
        C.MISSING_DEPENDENCY,
        90,
        "cannot find module|can't resolve|failed to resolve import|cannot find package",
        r"(?P<message>(?:Cannot find (?:module|package)|Can't resolve|[Ff]ailed to resolve import) ['\"].*)",
        below=(STACK,),
        above=(WEBPACK, FAIL, STACK_ALONE),
    ),
    rule(
        C.IMPORT,
        92,
        "does not provide an export|no exported member|is not exported by",
        r"(?P<message>(?:SyntaxError: )?(?:The requested module .* does not provide an export named|\"?\w+\"? is not exported by).*)",
        above=(STACK_ALONE,),
    ),
    # Style.
    rule(C.FORMAT, 96, "warn", r"^\[warn\] (?P<path>\S+\.\w+)$"),
    rule(C.FORMAT, 85, "code style issues", r"(?P<message>Code style issues.*found.*)"),
    rule(C.FORMAT, 92, " format ━", r"^(?P<path>\S+) format ━+"),
    rule(
        C.SYNTAX, 94, "[error]", r"^\[error\] (?P<path>[^:\s]+): (?P<message>SyntaxError: .*?)\((?P<line>\d+):\d+\)"
    ),
    rule(
        C.SYNTAX,
        93,
        "parsing error",
        r"^\s+(?P<line>\d+):\d+\s+error\s+(?P<message>Parsing error.*)",
        above=(r"^(?P<path>/?\S+\.\w+)$",),
    ),
    rule(
        C.LINT,
        95,
        " error ",
        r"^\s+(?P<line>\d+):\d+\s+error\s+(?P<message>\S.*)",
        above=(r"^(?P<path>/?\S+\.\w+)$",),
    ),
    rule(C.LINT, 80, " lint/", r"^" + SOURCE + r":(?P<line>\d+):\d+ (?P<message>lint/\S+)"),
    # Running.
    rule(C.SYNTAX, 92, "syntaxerror", r"^\s*SyntaxError: " + SOURCE + r": (?P<message>.*?)\((?P<line>\d+):\d+\)"),
    rule(C.SYNTAX, 92, "syntaxerror", r"^\s*(?P<message>SyntaxError: .*)", above=(STACK_ALONE,), below=(STACK,)),
    rule(
        C.ASSERTION,
        94,
        "assertionerror|assertion",
        r"^\s*(?:→ |Error: )?(?P<message>(?:Uncaught )?AssertionError\b.*)",
        below=BELOW,
        above=ABOVE,
    ),
    rule(C.ASSERTION, 94, "expect(", r"^\s+(?:Error: )?(?P<message>expect\(.*\)\.\w.*)", below=BELOW, above=ABOVE),
    rule(C.ASSERTION, 90, "err_", r"^\s*code: '(?P<message>ERR_ASSERTION)'", above=(STACK,)),
    rule(C.EXCEPTION, 86, "err_", r"^\s*code: '(?P<message>ERR_TEST_FAILURE)'", above=(STACK,)),
    rule(
        C.EXCEPTION,
        88,
        "error: ",
        r"^\s*(?:● |→ )?(?P<message>(?:Uncaught )?(?:TypeError|ReferenceError|RangeError|URIError): .*)",
        below=BELOW,
        above=ABOVE,
    ),
    rule(C.EXCEPTION, 80, "error: ", r"^\s+error: \|?-?(?P<message>.*Cannot read prop.*)", below=(STACK,)),
    # Installers.
    rule(C.INFRASTRUCTURE, 94, "npm err", r"^(?P<message>.*\bENOSPC\b.*)"),
    rule(
        C.INFRASTRUCTURE,
        94,
        "npm err|err_pnpm|error an unexpected|yn0001",
        r"(?:npm (?:ERR!|error)|ERR_PNPM|error An unexpected error|➤ YN0001).*(?P<message>(?:\bECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|E50\d\b|ERR_SOCKET_TIMEOUT).*)",
    ),
    rule(
        C.LOCK_FILE,
        96,
        "package-lock.json|npm-shrinkwrap",
        r"^(?P<message>.*(?:can only install (?:packages )?(?:when|with an existing)).*)",
    ),
    rule(
        C.LOCK_FILE,
        96,
        "lockfile",
        r"^(?P<message>.*(?:[Yy]our lockfile needs|ERR_PNPM_OUTDATED_LOCKFILE|ERR_PNPM_LOCKFILE|[Ll]ockfile needs to be updated|lockfile would have been (?:modified|created)|lockfile can't be updated|pnpm-lock\.yaml is absent).*)",
    ),
    rule(
        C.ENVIRONMENT,
        94,
        "npm err|is incompatible with this module",
        r"(?:^npm (?:ERR!|error) code |^error )(?P<message>.*(?:EBADENGINE|is incompatible with this module).*)",
    ),
    rule(
        C.MISSING_DEPENDENCY,
        92,
        "npm err",
        r"^npm (?:ERR!|error) (?:code )?(?P<message>(?:ERESOLVE|E404|ETARGET|ENOTCACHED|404 .*not in this registry).*)",
    ),
    rule(C.MISSING_DEPENDENCY, 88, "couldn't find", r"^error (?P<message>Couldn't find (?:any versions|package) .*)"),
    rule(C.ENVIRONMENT, 90, "missing script", r"(?P<message>Missing script:.*)"),
    rule(
        C.SYNTAX,
        90,
        "npm err",
        r"^npm (?:ERR!|error) code (?P<message>EJSONPARSE)",
        below=(r"(?P<path>package\.json)",),
    ),
    rule(C.ENVIRONMENT, 93, "already in use", r"^(?P<message>.*\bEADDRINUSE\b.*)"),
    rule(
        C.ENVIRONMENT,
        92,
        "could not find chrome|executable doesn't exist",
        r"^(?P<message>.*(?:Could not find Chrome|Executable doesn't exist at).*)",
    ),
    rule(C.INFRASTRUCTURE, 92, "heap out of memory", r"^(?P<message>.*JavaScript heap out of memory.*)"),
)
