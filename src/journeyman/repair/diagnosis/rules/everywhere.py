"""What CI systems, networks, machines and shells say, whatever the language."""

from __future__ import annotations

from journeyman.domain.diagnoses import Category as C
from journeyman.repair.diagnosis.rules.rule import rule

FIRST = (
    # Tests that passed and have such words in their names.
    rule(
        None,
        0,
        "... ok|passed|✓|✔|ok ",
        r"^(?:\s*(?:ok \d+|✓|✔|√) |.* \.\.\. ok\b|.*::.* PASSED\b(?!.*rerun)|\s*--- PASS|test .* \.\.\. ok)",
    ),
    rule(
        None,
        0,
        "npm warn|##[warning]|::warning|warn deprecated|[warning]",
        r"^(?:npm (?:WARN|warn)|##\[warning\]|::warning|\[WARNING\] (?!.*Flakes)|warning: (?!spurious))",
    ),
    rule(
        C.INFRASTRUCTURE,
        95,
        "received a shutdown signal|lost communication",
        r"^(?P<message>.*(?:runner has received a shutdown signal|lost communication with the server).*)",
    ),
    rule(
        C.TIME_OUT,
        96,
        "maximum execution time|has timed out after|execution took longer|due to timeout",
        r"^(?P<message>.*(?:exceeded the maximum execution time|has timed out after \d+|execution took longer than|Cancelling nested steps due to timeout).*)",
    ),
    rule(C.ENVIRONMENT, 75, "unable to resolve action", r"(?P<message>Unable to resolve action .*)"),
    rule(
        C.SYNTAX,
        88,
        "the workflow is not valid",
        r"(?P<message>The workflow is not valid\. (?P<path>\S+) \(Line: (?P<line>\d+).*)",
    ),
    rule(C.SYNTAX, 88, "workflowscript:", r"^WorkflowScript: (?P<line>\d+): (?P<message>.*)"),
    rule(
        C.ENVIRONMENT,
        82,
        "manifest unknown|pull access denied",
        r"^(?P<message>.*(?:manifest unknown|pull access denied).*)",
    ),
    rule(C.INFRASTRUCTURE, 94, "system failure", r"(?P<message>Job failed \(system failure\).*)"),
    rule(
        C.INFRASTRUCTURE,
        94,
        "toomanyrequests|rate limit",
        r"^(?P<message>.*(?:toomanyrequests|API rate limit exceeded).*)",
    ),
    rule(
        C.INFRASTRUCTURE,
        93,
        "cannot contact|channelclosed|closedchannel|unexpected termination of the channel|was marked offline",
        r"^(?P<message>.*(?:Cannot contact \S+: |ChannelClosedException|ClosedChannelException|Unexpected termination of the channel|was marked offline).*)",
    ),
    rule(
        C.INFRASTRUCTURE,
        92,
        "no space left|oomkilled|killed signal|out of memory:",
        r"^(?P<message>.*(?:[Nn]o space left on device|OOMKilled|Killed signal|[Oo]ut of memory: Kill).*)",
    ),
    rule(C.INFRASTRUCTURE, 82, " killed ", r"^\S+: line \d+:\s+\d+ (?P<message>Killed .*)"),
    rule(
        C.INFRASTRUCTURE,
        92,
        "could not resolve host|temporary failure in name|rpc failed|early eof|connection timed out|connection reset by peer|tls handshake timeout|read timed out",
        r"^(?P<message>.*(?:Could not resolve host|Temporary failure in name resolution|RPC failed; |early EOF|Connection timed out|[Cc]onnection reset by peer|TLS handshake timeout|Read timed out).*)",
    ),
    rule(
        C.INFRASTRUCTURE,
        88,
        "bad gateway|service unavailable|gateway time|internal server error|too large",
        r"^(?P<message>.*(?:\b50[0234]\b.*(?:Bad Gateway|Service Unavailable|Gateway Time|Internal Server Error)|413 Request Entity Too Large).*)",
    ),
    rule(
        C.INFRASTRUCTURE,
        90,
        "failed to fetch|unable to fetch|failed to createartifact",
        r"(?P<message>(?:E: (?:Failed|Unable) to fetch|Failed to CreateArtifact).*)",
    ),
    rule(C.ENVIRONMENT, 80, "docker daemon", r"(?P<message>Cannot connect to the Docker daemon.*)"),
    rule(C.LINT, 92, "-- sc", r"\^-+ (?P<message>SC\d{4} .*)", above=(r"^In (?P<path>\S+) line (?P<line>\d+):",)),
    rule(C.LINT, 93, " dl3| dl4", r"^(?P<path>\S+?):(?P<line>\d+) (?P<message>(?:DL|SC)\d{4} .*)"),
    rule(
        C.LOCK_FILE,
        94,
        "frozen mode is set|not present in the lock file|lock file is not up to date",
        r"^(?P<message>.*(?:frozen mode is set|is not present in the lock file|lock file is not up to date).*)",
    ),
    rule(C.FORMAT, 78, "files were modified by this hook", r"(?P<message>files were modified by this hook)"),
)

LAST = (
    rule(
        C.ENVIRONMENT,
        90,
        "credentials could not be loaded|permission to|input required and not supplied",
        r"^(?P<message>.*(?:Credentials could not be loaded|Permission to \S+ denied|Input required and not supplied).*)",
    ),
    rule(
        C.ENVIRONMENT,
        90,
        "not found",
        r"^(?P<message>\S*(?:sh|bash)?:? ?(?:line \d+: |\d+: )?\S+: (?:command )?not found)$",
    ),
    rule(C.ENVIRONMENT, 85, "permission denied", r"^(?P<message>\S+: (?:line )?\d+: \S+: Permission denied.*)"),
    rule(C.ENVIRONMENT, 84, "no rule to make target", r"^(?P<message>.*No rule to make target.*)"),
    rule(C.ENVIRONMENT, 86, "can't open file", r"^(?P<message>.*can't open file .*No such file.*)"),
    rule(C.ENVIRONMENT, 84, "error: command '", r"(?P<message>error: command '.*' failed: No such file.*)"),
    rule(C.TIME_OUT, 85, "timeout: sending signal", r"(?P<message>timeout: sending signal.*)"),
)
