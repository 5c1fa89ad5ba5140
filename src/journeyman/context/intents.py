"""Rules by which the intent of a task is read: data. A word counts in the first line more than further down."""

from __future__ import annotations

from journeyman.domain.intents import Task

SIGNS: dict[Task, tuple[tuple[str, float], ...]] = {
    Task.BUGFIX: (
        (r"\b(?:fix(?:es|ed|ing)?|bug(?:s|gy)?|repair|mend|hotfix|regress(?:ion|ed)?)\b", 2.5),
        (r"\b(?:crash\w*|exceptions?|traceback|stack ?trace|panics?|segfaults?|deadlocks?|hangs?|freezes?)\b", 2.0),
        (
            r"\b(?:errors?|fail(?:s|ed|ing|ure)?|broken|breaks|wrong(?:ly)?|incorrect(?:ly)?|invalid|corrupt\w*)\b",
            1.3,
        ),
        (r"\b(?:does ?n[o']t|do ?n[o']t|is ?n[o']t|are ?n[o']t|can ?n[o']t|cannot|no longer|never|won't) \w+", 1.0),
        (r"\b(?:instead of|unexpected\w*|expected|actual|should (?:not|have|be)|supposed to|off by one)\b", 1.0),
        (r"\b(?:loses|lost|missing|ignor(?:es|ed)|twice|duplicated?|leaks?|null ?pointer|undefined is not)\b", 0.9),
        (r"\b\w+(?:Error|Exception)\b|steps to reproduce|\b(?:repro|reproduces?)\b", 1.8),
        (r"\bmake (?:the )?(?:\w+ )?(?:checks?|tests?|build|ci) (?:pass|green|work)", 3.0),
    ),
    Task.FEATURE: (
        (r"\b(?:add|implement|introduce|support|provide|create|build|enable|expose|offer)\b", 1.6),
        (r"\b(?:new|feature|feature request|enhancement|proposal)\b", 1.0),
        (r"\b(?:allow|let) (?:\w+ )?(?:users?|people|us|callers|to|me|it|configuring|passing)\b", 1.8),
        (r"\b(?:it would be (?:nice|great|useful|good)|as an? \w+,? i (?:want|need|would)|we (?:need|want))\b", 1.8),
        (r"\b(?:option|flag|endpoint|command|button|page|integration|plugin|export|import)\b", 0.4),
    ),
    Task.REFACTOR: (
        (
            r"\b(?:refactor\w*|clean ?up|tidy|restructure|reorgani[sz]e|simplif(?:y|ies)|decouple|modulari[sz]e)\b",
            3.0,
        ),
        (r"\b(?:rename|extract|inline|split|merge|move|deduplicate|consolidate|unify|replace)\b", 1.7),
        (
            r"\b(?:dead code|technical debt|tech debt|duplicat(?:ed|ion) (?:code|logic)|code smell|unused|legacy)\b",
            1.6,
        ),
        (r"\b(?:without changing (?:the )?behaviou?r|no (?:functional|behaviou?r) changes?|readab\w+)\b", 2.5),
        (r"\b(?:migrate|convert|port|switch) \w+.{0,40}\b(?:to|from)\b", 1.0),
        (r"\b(?:remove|drop|delete)\b", 1.0),
        (r"\btype (?:hints|annotations)\b", 1.0),
    ),
    Task.TESTS: (
        (r"\b(?:write|add|create|extend|improve|increase|more|missing|need|no)\b.{0,40}\b(?:tests?|coverage)\b", 3.6),
        (r"\b(?:unit|integration|regression|end-to-end|e2e|property|snapshot) tests?\b", 1.4),
        (r"\b(?:cover(?:age|ed)?|untested|flaky|parametri[sz]e|fixtures?|test suite)\b", 1.4),
        (r"^tests?\b|\btest (?:the|that|for|whether|all)\b", 1.8),
    ),
    Task.DOCS: (
        (
            r"\b(?:document|docs?|documentation|docstrings?|readme|changelog|tutorial|guide|javadoc|api reference)\b",
            2.3,
        ),
        (r"\b(?:describe|explain|clarify|examples? (?:to|in|for))\b", 1.4),
        (r"\b(?:docstrings?|typos?|spelling|wording|grammar)\b", 3.5),
        (r"\bcomments?\b", 0.8),
    ),
    Task.OPTIMIZE: (
        (
            r"\b(?:optimi[sz]\w*|performance|speed ?up|faster|slow(?:er|ly|ness)?|latency|throughput|bottleneck)\b",
            2.8,
        ),
        (
            r"\b(?:memory (?:usage|consumption|footprint)|cpu usage|n\+1|quadratic|o\(n|cache|caching|lazy|lazily)\b",
            1.7,
        ),
        (r"\b(?:takes (?:\w+ ){0,3}(?:seconds|minutes|hours|long|forever)|reduce (?:\w+ )*(?:time|size))\b", 2.2),
        (r"\b(?:batch|efficient\w*|inefficient\w*|profil(?:e|ing))\b", 1.3),
    ),
    Task.DEPENDENCIES: (
        (r"\b(?:upgrade|bump|downgrade|pin|unpin)\b", 2.6),
        (r"\b(?:dependenc(?:y|ies)|requirements\.txt|lock ?file|package\.json|go\.mod|gemfile)\b", 1.5),
        (r"\b(?:to|from) v?\d+\.\d+(?:\.\d+)?\b|\bv?\d+\.\d+(?:\.\d+)? to\b", 1.3),
    ),
    Task.BUILD: (
        (r"\b(?:ci|pipeline|github actions?|workflow file|gitlab|jenkins|dockerfile|docker image|pre-commit)\b", 2.7),
        (r"\b(?:build (?:script|system|config\w*)|linter|lint(?:ing)? (?:rules?|config\w*)|release job)\b", 1.8),
        (r"\b(?:package|packaging|wheel|deploy(?:ment)?)\b", 0.8),
    ),
    Task.SECURITY: (
        (
            r"\b(?:security|vulnerab\w+|cve(?:-\d+)*|exploit\w*|injection|xss|csrf|ssrf|path traversal|privilege)\b",
            3.8,
        ),
        (r"\b(?:secrets?|credentials?|passwords?|tokens?|keys?)\b.{0,40}\b(?:leak\w*|log(?:ged|s)?|exposed)\b", 2.6),
        (r"\b(?:secrets?|credentials?|passwords?|tokens?)\b.{0,40}\b(?:plain ?text|hash\w*|md5|sha1)\b", 2.6),
        (r"\b(?:sanitize|sanitise|harden|unsafe|untrusted|insecure|plain ?text passwords?)\b", 1.7),
    ),
    Task.QUESTION: (
        (r"^(?:why|how|what|where|which|who|when|is|are|does|do|can|could|should)\b[^.!]*\?\s*$", 4.0),
        (r"^(?:explain|tell me|show me|find out|investigate|analy[sz]e|look into)\b", 2.2),
    ),
}
"""For each kind, what speaks for it and how much."""

FIRST_WORD: dict[str, Task] = {
    "fix": Task.BUGFIX, "repair": Task.BUGFIX, "mend": Task.BUGFIX, "correct": Task.BUGFIX, "resolve": Task.BUGFIX,
    "handle": Task.BUGFIX, "prevent": Task.BUGFIX, "avoid": Task.BUGFIX, "add": Task.FEATURE,
    "implement": Task.FEATURE, "support": Task.FEATURE, "create": Task.FEATURE, "introduce": Task.FEATURE,
    "allow": Task.FEATURE, "refactor": Task.REFACTOR, "rename": Task.REFACTOR, "extract": Task.REFACTOR,
    "simplify": Task.REFACTOR, "clean": Task.REFACTOR, "move": Task.REFACTOR, "remove": Task.REFACTOR,
    "split": Task.REFACTOR, "test": Task.TESTS, "cover": Task.TESTS, "document": Task.DOCS, "describe": Task.DOCS,
    "optimize": Task.OPTIMIZE, "optimise": Task.OPTIMIZE, "speed": Task.OPTIMIZE, "upgrade": Task.DEPENDENCIES,
    "bump": Task.DEPENDENCIES, "update": Task.DEPENDENCIES, "pin": Task.DEPENDENCIES,
}  # fmt: skip
"""What an order that begins so asks for, unless the rest says otherwise."""

LABELS: dict[str, Task] = {
    "fix": Task.BUGFIX, "bug": Task.BUGFIX, "bugfix": Task.BUGFIX, "hotfix": Task.BUGFIX, "feat": Task.FEATURE,
    "feature": Task.FEATURE, "refactor": Task.REFACTOR, "test": Task.TESTS, "tests": Task.TESTS, "docs": Task.DOCS,
    "doc": Task.DOCS, "perf": Task.OPTIMIZE, "deps": Task.DEPENDENCIES, "build": Task.BUILD, "ci": Task.BUILD,
    "security": Task.SECURITY,
}  # fmt: skip
"""What stands before a colon, as in commit messages, or in brackets, as in the titles of issues."""

FIRST_LINE, FURTHER, AT_FIRST_WORD, LABELLED, STATED = 2.0, 1.0, 1.5, 8.0, 2.5
"""How much a sign counts in the first line and further down, an order's first word, a label, a plain statement."""

WISH = r"\b(?:should|shall|need|needs|want|would|could|please|must|wish|let's)\b|\?"
"""Where nothing is wished, asked or ordered, what is said of a program is mostly that it does wrong."""

BROAD = (
    r"\b(?:all|every|everywhere|whole|entire|across|throughout|globally|each (?:of the )?(?:files?|modules?|class))\b"
)
VAGUE = (
    (r"\b(?:somehow|something|some ?where|stuff|things?|etc|and so on|or so|maybe|perhaps|probably|not sure)\b", 0.2),
    (r"\b(?:better|nicer|cleaner|improve|improvements?|properly|good|user-friendly|modern|robust)\b", 0.12),
    (r"\b(?:as needed|if (?:necessary|possible)|appropriate(?:ly)?|tbd|to be decided|to do)\b", 0.15),
    (r"\?", 0.08),
)
ACTIONS = (
    "accept", "add", "allow", "avoid", "bump", "cache", "change", "check", "clean", "convert", "cover",
    "create", "delete", "deprecate", "describe", "document", "drop", "enable", "escape", "expose", "extract",
    "fix", "handle", "ignore", "implement", "improve", "inline", "introduce", "keep", "let", "limit", "load",
    "log", "make", "mend", "merge", "migrate", "move", "optimise", "optimize", "parse", "pin", "prevent",
    "print", "publish", "pull", "raise", "read", "reduce", "refactor", "reject", "remove", "rename", "replace",
    "restore", "retry", "return", "revert", "save", "send", "set", "show", "simplify", "sort", "speed", "split",
    "store", "support", "test", "update", "upgrade", "use", "validate", "verify", "warn", "write",
)  # fmt: skip
"""Verbs that name what is to be done."""
