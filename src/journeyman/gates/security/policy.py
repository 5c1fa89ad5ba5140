"""The policy for dangerous shell commands, as data. The sandbox contains them anyway; refusing says why.

A rule's pattern is matched on one simple command in plain spelling: prefixes such as sudo and env taken off, the
program by its bare name, quotes and escapes resolved, redirections at the end as `> target`.
"""

from __future__ import annotations

ROOTS = (
    r"(?:/+(?:\.{1,2}/*)*\*?|/+(?:bin|boot|dev|etc|home|lib|lib64|opt|proc|root|sbin|srv|sys|usr|var)/*(?:\*|\.)?"
    r"|~/?\*?|\$\{?HOME\}?/?\*?|/+\*)"
)
"""The root, a folder of the system, or the whole home; not what lies deeper."""

DISK = r"/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|disk|mapper/|dm-|md|loop|mem|kmem|port)\w*"
HISTORY_FILE = r"\S*\.(?:bash|zsh|sh|python|node_repl|psql|mysql)_?history"
SHELL = r"(?:ba|z|da|k|c|tc|fi|a)?sh"
INTERPRETER = r"(?:python[\d.]*|perl|ruby|node|php|source|\.)"
FETCH = r"(?:curl|wget|fetch|aria2c|httpie|http|https|lynx|nc|ncat|netcat|socat)"

COMMANDS: tuple[tuple[str, str], ...] = (
    ("delete-root", rf"rm (?=.*(?:-\w*[rR]|--recursive)).*(?<= ){ROOTS}(?: |$)"),
    ("delete-root", r"rm .*--no-preserve-root"),
    ("delete-root", rf"find (?:-\w+ )*{ROOTS} (?:.*-delete\b|.*-exec(?:dir)? (?:\S*/)?(?:rm|shred|unlink)\b)"),
    ("delete-root", rf"(?:mv|rsync) (?:-\S+ )*{ROOTS} (?:/dev/null|\S+)"),
    ("delete-root", rf"rsync .*--delete\S* .*{ROOTS}$"),
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
        r"kill (?:-\S+ )*(?:-- )?-?1$|killall5(?: |$)|(?:pkill|killall) (?:-\S+ )*(?:-u root|\.\*|\.)$",
    ),
    (
        "permissions-of-root",
        rf"(?:chmod|chown|chgrp|setfacl|chattr) (?=.*(?:-\w*R|--recursive)).*(?<= ){ROOTS}(?: |$)",
    ),
    ("permissions-of-root", rf"(?:chmod|chown) .*(?<= ){ROOTS}$"),
    ("permissions-of-root", r"chmod .*(?:\+s|[246]7[0-7]{2}) /(?:usr/)?s?bin/"),
    ("system-file", r".*> /(?:etc|boot|sys|usr|bin|sbin|lib)/"),
    ("system-file", r".*> /proc/(?!self/)"),
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
    ("shell-history", r"history .*-[cw]|unset (?:.* )?HIST(?:FILE|SIZE)|set \+o history|shopt -ou history"),
    (
        "shell-history",
        r"(?:export |declare \S* ?|)HIST(?:FILE=(?:/dev/null)?|SIZE=0|FILESIZE=0)(?: |$)",
    ),
    ("shell-history", rf"(?:rm|shred|truncate|ln|unlink|cp|mv) .*(?<= ){HISTORY_FILE}(?: |$)|.*> {HISTORY_FILE}"),
    ("published-history", r"git (?:.* )?push (?=.*(?:--force\b(?!-)|-f\b|--mirror|--delete|-d\b| :\S| \+\S))"),
    ("published-history", r"git (?:.* )?(?:filter-branch|filter-repo|update-ref -d)|git reflog expire .*(?:now|all)"),
    ("reverse-shell", rf"(?:nc|ncat|netcat|socat) .*(?:-e|-c|--exec|EXEC:) ?\S*(?:{SHELL}|cmd)\b"),
    ("reverse-shell", rf"{SHELL} .*[<>]&? ?/dev/(?:tcp|udp)/|.*> /dev/(?:tcp|udp)/|exec .*/dev/(?:tcp|udp)/"),
    (
        "container-escape",
        r"(?:docker|podman) .*(?:--privileged|-v /:|--volume[= ]/:|--pid[= ]host)|nsenter(?: |$)|unshare ",
    ),
)
"""Rules on one simple command: name, pattern from its first letter on."""

PIPELINES: tuple[tuple[str, str], ...] = (
    ("net-to-shell", rf"{FETCH} .*\| (?:{SHELL}|{INTERPRETER})(?: -[sEeuxil]+| -)*(?: -- .*)?(?: \||$)"),
    ("net-to-shell", rf"{FETCH} .*\| {SHELL}(?: -s .*| /dev/stdin.*| -)?(?: \||$)"),
    (
        "hidden-command",
        rf".*(?:base64|base32|openssl|xxd|uudecode|gunzip|zcat|rev)(?: [^|]*)? \| {SHELL}(?: -\w*)*(?: \||$)",
    ),
    (
        "hidden-command",
        r"(?:echo|printf) [^|]*(?:rm -\w*r\w* /|mkfs|dd if=)[^|]*\| (?:ba|z|da)?sh(?: -s| -)?(?: \||$)",
    ),
)
"""Rules on a whole pipeline, its commands in plain spelling joined by ` | `."""

TEXTS: tuple[tuple[str, str], ...] = (
    ("fork-bomb", r"([\w:.]+)\s*\(\s*\)\s*\{[^}]{0,80}?(?<![\w:.])\1\s*\|\s*&?\s*\1\s*(?:&|;|\})"),
    ("fork-bomb", r"([\w:.]+)\s*\(\s*\)\s*\{[^}]{0,80}?(?<![\w:.])\1\s*&\s*(?:\1\s*&?\s*)?;?\s*\}"),
    (
        "fork-bomb",
        r"while\s*\(?\s*(?:True|1|true|:)\s*\)?\s*[:;{]\s*(?:do\s+)?(?:os\.)?fork\b|fork\s+while\s+(?:fork|1)|loop\s*\{\s*fork\s*\}",
    ),
    ("fork-bomb", r"while\s+(?:true|:|\[ 1 \])\s*;\s*do\s+(?:\$0|(?:ba)?sh)\s*&|\$0\s*(?:\||&)\s*\$0\s*&"),
    ("net-to-shell", rf"(?:\b{SHELL}|\bsource|(?:^|[;&|]\s*)\.|\bpython[\d.]*|\bperl)\s+(?:-\S+\s+)*<\(\s*{FETCH}\b"),
    (
        "net-to-shell",
        rf"(?:\b{SHELL}\s+-\w*c|\beval|\bpython[\d.]*\s+-c|\bperl\s+-e)\s+[\"']?\s*(?:\$\(|`)\s*{FETCH}\b",
    ),
    ("net-to-shell", rf"\b{SHELL}\s+(?:-\S+\s+)*<<<\s*[\"']?(?:\$\(|`)\s*{FETCH}\b"),
    (
        "net-to-shell",
        r"\b(?:curl|wget)\b[^;&|\n]*?\s(?:-o|-O|--output|--output-document|>)[ =]?\s*(\S+)[^;|\n]*(?:;|&&|\n)"
        rf"[^\n]*?(?:\b{SHELL}\s+|\bsource\s+|\bsudo\s+|(?:^|[;&]\s*)\.?/?)\1(?:\s|$|;)",
    ),
    ("delete-root", r"\brmtree\(\s*[rbf]?['\"](?:/|~|/(?:etc|usr|home|var|root|bin)/?)['\"]"),
    (
        "delete-root",
        r"\brm(?:Sync|dirSync|dir)?\(\s*['\"`]/['\"`]\s*,\s*\{[^}]*recursive|FileUtils\.rm_rf\(?\s*['\"]/['\"]",
    ),
    ("disk-wipe", rf"open\(\s*['\"]{DISK}['\"]\s*,\s*['\"][wra]b?\+?"),
)
"""Rules on the text as it stands, for what has no plain spelling."""
