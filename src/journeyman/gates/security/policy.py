"""The policy for dangerous shell commands, as data. The sandbox contains them anyway; refusing says why.

A rule's pattern is matched on one simple command in plain spelling: prefixes such as sudo and env taken off, the
program by its bare name, quotes and escapes resolved, redirections at the end as `> target`.

A pattern must not take longer than in proportion to the text, on the worst text too: what may repeat is possessive
(`*+`) or bounded where it could be divided in several ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from journeyman.domain.errors import BadSettings

Rules = tuple[tuple[str, str], ...]
"""Names and patterns; several patterns may share a name."""

ROOTS = (
    r"(?:/[./]*+\*?/*+|/+(?:bin|boot|dev|etc|home|lib|lib64|opt|proc|root|sbin|srv|sys|usr|var)/*(?:\*|\.)?"
    r"|~[a-z]*/?\*?|\$\{?HOME(?::?[?-][^}]{0,80})?\}?/?\*?)"
)
"""The root, a folder of the system, or the whole home; not what lies deeper."""

DISK = r"/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|disk|mapper/|dm-|md|loop|mem|kmem|port)\w*"
HISTORY_FILE = r"\S*\.(?:bash|zsh|sh|python|node_repl|psql|mysql)_?history"
SHELL = r"(?:ba|z|da|k|c|tc|fi|a)?sh"
INTERPRETER = r"(?:python[\d.]*|perl|ruby|node|php|source|\.)"
FETCH = r"(?:curl|wget|fetch|aria2c|httpie|http|https|lynx|nc|ncat|netcat|socat)"

COMMANDS: Rules = (
    ("delete-root", rf"rm (?=.*(?:-\w*[rR]|--recursive)).*(?<= ){ROOTS}(?: |$)"),
    ("delete-root", r"rm .*--no-preserve-root"),
    ("delete-root", rf"find (?:-\w+ )*{ROOTS} (?:.*-delete\b|.*-exec(?:dir)? (?:\S*/)?(?:rm|shred|unlink)\b)"),
    ("delete-root", rf"(?:mv|rsync) (?:-\S+ )*{ROOTS} (?:/dev/null|\S+)"),
    ("delete-root", rf"rsync (?=.*--delete).*(?<![\w./~-]){ROOTS}$"),
    ("delete-root", rf"(?:rmdir|unlink|shred|srm|wipe) .*(?<= ){ROOTS}(?: |$)"),
    ("disk-wipe", rf"dd .*\bof={DISK}"),
    ("disk-wipe", rf"(?:shred|wipe|wipefs|blkdiscard|badblocks|hdparm|scrub|nwipe) .*{DISK}"),
    ("disk-wipe", rf"(?:cp|tee|cat|mv) .*(?<= ){DISK}(?: |$)"),
    ("disk-wipe", rf".*(?:^| )> {DISK}"),
    ("disk-wipe", r"(?:nvme (?:format|sanitize)|sgdisk .*(?:--zap|-Z|-z)|diskutil (?:erase|zero))"),
    ("file-system", r"(?:mkfs(?:\.\w+)?|mke2fs|mkswap|mkdosfs|newfs|format\.com)(?: |$)"),
    (
        "file-system",
        r"(?:fdisk|sfdisk|cfdisk|gdisk|sgdisk|parted|partprobe)(?: |$)(?!.*(?:-l|--list|--help|--version))",
    ),
    (
        "file-system",
        r"(?:lvremove|vgremove|pvremove|lvreduce|losetup|swapoff|swapon|tune2fs|resize2fs|debugfs)(?: |$)",
    ),
    ("file-system", r"(?:zpool|zfs) (?:destroy|labelclear|rollback)|cryptsetup (?:luks(?:Format|Erase)|erase)"),
    ("file-system", r"(?:mount (?=.*\S/|.*-)|umount |pivot_root|chroot )(?!.*--help)"),
    ("shutdown", r"(?:shutdown|reboot|halt|poweroff)(?: |$)(?!--help|--version)"),
    ("shutdown", r"(?:init|telinit) [0-6sS]\b|systemctl .*\b(?:poweroff|reboot|halt|kexec|emergency|rescue)\b"),
    ("shutdown", r".*> /proc/sysrq-trigger"),
    (
        "kill-all",
        r"kill (?:-s \S++ |-(?!s )\S++ )*+(?:-- )?-?1$|killall5(?: |$)"
        r"|(?:pkill|killall) (?:-\S+ )*(?:-u root|\.\*|\.)$",
    ),
    (
        "permissions-of-root",
        rf"(?:chmod|chown|chgrp|setfacl|chattr) (?=.*(?:-\w*R|--recursive)).*(?<= ){ROOTS}(?: |$)",
    ),
    ("permissions-of-root", rf"find (?:-\w+ )*{ROOTS} .*-exec(?:dir)? (?:\S*/)?(?:chmod|chown|chgrp)\b"),
    ("permissions-of-root", rf"(?:chmod|chown) .*(?<= ){ROOTS}$"),
    ("permissions-of-root", r"chmod .*(?:\+s|[246]7[0-7]{2}) /(?:usr/)?s?bin/"),
    ("system-file", r".*> /(?:etc|boot|sys|usr|bin|sbin|lib)/"),
    ("system-file", r".*> /proc/(?!self/)|tee (?:-\S+ )*/(?:proc/(?!self/)|sys/)"),
    (
        "system-file",
        r"(?:tee|cp|mv|ln|install|sed -i\S*) .*(?<= )/etc/(?:passwd|shadow|sudoers|group|hosts|crontab|ld\.so)",
    ),
    ("system-file", r"(?:visudo|vipw|passwd|chpasswd|useradd|adduser|userdel|deluser|usermod|groupmod)(?: |$)"),
    (
        "system-file",
        r"crontab (?:-\w+ \S+ )*-r|(?:insmod|rmmod|modprobe|kexec)(?: |$)|sysctl .*-w|setenforce|setcap ",
    ),
    ("firewall", r"(?:iptables|ip6tables) .*(?:-F|--flush|-X|-P)|nft flush|ufw (?:disable|reset)"),
    ("shell-history", r"history .*-[cdw]|unset (?:.* )?HIST(?:FILE|SIZE)|set \+o history|shopt -ou history"),
    (
        "shell-history",
        r"(?:export |declare \S* ?|)HIST(?:FILE=(?:/dev/null)?|SIZE=0|FILESIZE=0)(?: |$)",
    ),
    ("shell-history", rf"(?:rm|shred|truncate|ln|unlink|cp|mv) .*(?<= ){HISTORY_FILE}(?: |$)|.*> {HISTORY_FILE}"),
    (
        "published-history",
        r"git (?>(?:.*? )?push )"
        r"(?=.*(?:--force\b(?!-)|--mirror|--delete|(?<= )-(?=[a-zA-Z]*[fd])[a-zA-Z]++\b| :\S| \+\S))",
    ),
    ("published-history", r"git (?:.* )?(?:filter-branch|filter-repo|update-ref -d)|git reflog expire .*(?:now|all)"),
    (
        "reverse-shell",
        rf"(?:nc|ncat|netcat|socat) .*(?:-e|-c|--(?:sh-)?exec|EXEC:|exec:) ?\S{{0,60}}(?:{SHELL}|cmd)\b",
    ),
    ("reverse-shell", rf"{SHELL} .*[<>]&? ?/dev/(?:tcp|udp)/|.*> /dev/(?:tcp|udp)/|exec .*/dev/(?:tcp|udp)/"),
    (
        "container-escape",
        r"(?:docker|podman) .*(?:--privileged|-v /:|--volume[= ]/:|--pid[= ]host)|nsenter(?: |$)|unshare ",
    ),
)
"""Rules on one simple command: name, pattern from its first letter on."""

PIPELINES: Rules = (
    (
        "net-to-shell",
        rf"{FETCH} .*\| (?:{SHELL}|{INTERPRETER})(?: -[csEeuxil]++)*+(?: --? .*| -)?(?: [<>] \S++)*+(?: \||$)",
    ),
    ("net-to-shell", rf"{FETCH} .*\| {SHELL}(?: -s .*| /dev/stdin.*| -)?(?: \||$)"),
    ("delete-root", rf"(?:echo|printf) (?:\S+ )*{ROOTS}(?:\\[0n])? \| (?:rm|shred|unlink|chmod|chown)\b"),
    ("delete-root", rf"find (?:-\w+ )*{ROOTS} [^|]*\| (?:rm|shred|unlink)\b"),
    ("reverse-shell", rf".*\| {SHELL}(?: [^|]*)? \| (?:nc|ncat|netcat|telnet|socat|openssl)\b"),
    ("reverse-shell", rf"(?:telnet|openssl s_client) .*\| {SHELL}\b"),
    (
        "hidden-command",
        r"(?:[^|]*+\|)*?(?>[^|]*?(?:base64|base32|openssl|xxd|uudecode|gunzip|zcat|rev|tr) )"
        rf"[^|]*+\| {SHELL}(?: -\w*+)*+(?: \||$)",
    ),
    (
        "hidden-command",
        r"(?:echo|printf) (?>[^|]*?(?:rm -(?=\w*r)\w++ /|mkfs|dd if=))[^|]*+\| (?:ba|z|da)?sh(?: -s| -)?(?: \||$)",
    ),
)
"""Rules on a whole pipeline, its commands in plain spelling joined by ` | `."""

TEXTS: Rules = (
    ("fork-bomb", r"(?<![\w:.])([\w:.]++)\s*+\(\s*+\)\s*+\{[^}]{0,80}?(?<![\w:.])\1\s*+\|\s*+&?\s*+\1\s*+(?:&|;|\})"),
    (
        "fork-bomb",
        r"(?<![\w:.])([\w:.]++)\s*+\(\s*+\)\s*+\{[^}]{0,80}?(?<![\w:.])\1\s*+&\s*+(?:\1\s*+&?\s*+)?;?\s*+\}",
    ),
    (
        "fork-bomb",
        r"while\s*+(?:\(\s*+)?(?:True|1|true|:)\s*+(?:\)\s*+)?[:;{]\s*+(?:do\s++)?(?:os\.)?fork\b|fork\s++while\s++(?:fork|1)|loop\s*+\{\s*+fork\s*+\}",
    ),
    ("fork-bomb", r"while\s++(?:true|:|\[ 1 \])\s*+;\s*+do\s++(?:\$0|(?:ba)?sh)\s*+&|\$0\s*+(?:\||&)\s*+\$0\s*+&"),
    (
        "net-to-shell",
        rf"(?:\b{SHELL}|\bsource|(?:^|[;&|]\s*+)\.|\bpython[\d.]*|\bperl)\s++(?:-\S++\s++)*+(?:<\s*+)?<\(\s*+{FETCH}\b",
    ),
    (
        "net-to-shell",
        rf"(?:\b{SHELL}\s++-\w*c|\beval|\bpython[\d.]*\s++-c|\bperl\s++-e)\s++[\"']?\s*+(?:\$\(|`)\s*+{FETCH}\b",
    ),
    ("net-to-shell", rf"\b(?:{SHELL}|source)\s++(?:[-/]\S++\s++)*+<<<\s*+[\"']?(?:\$\(|`)\s*+{FETCH}\b"),
    (
        "net-to-shell",
        r"\b(?:curl|wget)\b[^;&|\n]{0,150}?\s(?:-\w{0,20}[oO]|--output|--output-document|>)[ =]?\s*+([^\s;&|()]++)"
        r"(?:[^;|&\n]|&(?!&)){0,150}+(?:;|&&|\n)"
        rf"[^\n]{{0,150}}?(?:\b{SHELL}\s++|\bsource\s++|\bsudo\s++|(?:^|[;&]\s*+)\.?/?)\1(?:\s|$|;)",
    ),
    (
        "net-to-shell",
        r"\b(?:curl\s[^;&|\n]{0,150}-\w{0,20}O|wget\s)[^;&|\n]{0,150}/([\w.-]++)[^;&|\n]{0,150}+(?:;|&&|\n)"
        rf"[^\n]{{0,150}}?(?:\b{SHELL}\s++|\bsource\s++|\./)(?:\./)?\1(?:\s|$|;)",
    ),
    ("net-to-shell", r"\bexec\([^\n]{0,150}\burlopen\("),
    ("net-to-shell", rf"\b(\w+)=[\"']?(?:\$\(|`)\s*+{FETCH}\b[^\n]{{0,150}}\beval\s++[\"']?\$\{{?\1\b"),
    (
        "hidden-command",
        r"\b(?:base64|base32|xxd|openssl)\b[^;&|\n]{0,150}>\s*+([^\s;&|()]++)[^\n]{0,150}"
        rf"(?:\b{SHELL}\s++|\bsource\s++|\./)\1(?:\s|$|;)",
    ),
    ("hidden-command", r"(?:^|[;&|\n][^\S\n]*+)(?:\$\(|`)\s*+(?:base64|base32|xxd|rev|openssl)\b"),
    (
        "hidden-command",
        rf"(?:\b{SHELL}|\bsource)\s++(?:-\S++\s++)*+(?:<\s*+)?<\([^)]{{0,150}}\b(?:base64|base32|xxd|openssl|rev)\b",
    ),
    (
        "hidden-command",
        rf"(?:\b{SHELL}\s++-\w*c|\beval)\s++[\"']?\s*+(?:\$\(|`)[^)`]{{0,150}}"
        r"(?:\b(?:base64|base32|xxd|rev)\b|printf [\"']?\\[0-7x])",
    ),
    (
        "delete-root",
        r"\b(?:cd|pushd)\s++/+\s*+(?:&&|;|\n)\s*+(?:sudo\s++)?rm\s++-(?=\w*[rR])\w++\s++(?:-\S++\s++)*+(?:\*|\.|\./\*?)(?:\s|$|[;&)])",
    ),
    ("reverse-shell", r"\bsocket\b.{0,200}connect\w{0,20}\(.{0,300}(?:dup2|pty\.spawn|[\"']/bin/\w*sh\b)"),
    ("reverse-shell", r"\buse Socket\b.{0,400}\bexec\b|\bTCPSocket\b.{0,200}\bexec\b|\bfsockopen\(.{0,200}\bexec\("),
    ("reverse-shell", r"/inet/(?:tcp|udp)/"),
    ("fork-bomb", r"\bfunction\s++([\w:.]++)\s*+(?:\(\s*+\))?\s*+\{[^}]{0,80}?\1\s*+\|\s*+\1\s*+&"),
    ("fork-bomb", r"\bos\.fork\(\)\s++for\b"),
    ("delete-root", r"\brmtree\(\s*+[rbf]?['\"](?:/|~|/(?:etc|usr|home|var|root|bin)/?)['\"]"),
    (
        "delete-root",
        r"\brm(?:Sync|dirSync|dir)?\(\s*+['\"`]/['\"`]\s*+,\s*+\{[^}]{0,200}recursive|FileUtils\.rm_rf\(?\s*+['\"]/['\"]",
    ),
    ("disk-wipe", rf"open\(\s*+['\"]{DISK}['\"]\s*+,\s*+['\"][wra]b?\+?"),
)
"""Rules on the text as it stands, for what has no plain spelling."""


class Policy(msgspec.Struct, frozen=True):
    """Which rules hold: on simple commands, on pipelines, on the text as it stands."""

    commands: Rules = COMMANDS
    pipelines: Rules = PIPELINES
    texts: Rules = TEXTS

    def changed(self, allow: Iterable[str], refuse: Mapping[str, str]) -> Policy:
        """Return the policy without the rules of some names, and with a team's own patterns on simple commands.

        BadSettings for a name that no rule has, and for a pattern that is none.
        """
        known = {name for rules in (self.commands, self.pipelines, self.texts) for name, _ in rules}
        for name in allow:
            if name not in known:
                raise BadSettings(
                    f"commands: allow: there is no rule '{name}'", f"there are {', '.join(sorted(known))}"
                )
        for name, pattern in refuse.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise BadSettings(f"commands: refuse: {name}: {error}", "write a regular expression") from None
        gone = set(allow)
        commands, pipelines, texts = (
            tuple(rule for rule in rules if rule[0] not in gone)
            for rules in (self.commands, self.pipelines, self.texts)
        )
        return Policy((*commands, *refuse.items()), pipelines, texts)


STANDARD = Policy()
