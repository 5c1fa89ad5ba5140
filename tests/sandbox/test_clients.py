"""Package clients: what their configuration means for a sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.sandbox.clients import cargo, go, npm, pip
from journeyman.sandbox.clients.source import CERTIFICATES, Host, address, together


def host(home: Path, **variables: str) -> Host:
    return Host(home, variables, search_path=str(home / "bin") + ":/usr/bin:/bin")


def program(home: Path, name: str, answer: str) -> None:
    file = home / "bin" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    file.chmod(0o755)


def pip_conf(home: Path, text: str) -> None:
    file = home / ".config/pip/pip.conf"
    file.parent.mkdir(parents=True)
    file.write_text(text)


def test_pip_without_an_index_uses_its_own_default(tmp_path: Path) -> None:
    hosts = pip.as_source(host(tmp_path), pip.Settings()).hosts
    assert len(hosts) == 2
    assert all("." in name and "/" not in name for name in hosts)


def test_pip_s_file_and_variables_are_followed(tmp_path: Path) -> None:
    links = tmp_path / "wheels"
    links.mkdir()
    pip_conf(
        tmp_path,
        "[global]\nindex-url = https://mirror.example:8443/simple\nextra-index-url =\n  https://a.example/s\n"
        f"  https://b.example/s\n[install]\nfind-links = {links}\n",
    )
    found = pip.source(host(tmp_path, PIP_EXTRA_INDEX_URL="https://c.example/s"))
    assert found.hosts == ()
    assert found.mirrors == ("mirror.example:8443", "c.example")
    assert (
        found.variables["PIP_INDEX_URL"]
        == found.variables["UV_DEFAULT_INDEX"]
        == "https://mirror.example:8443/simple"
    )
    assert found.variables["UV_INDEX"] == "https://c.example/s"
    assert str(links) in [mount.target for mount in found.mounts]
    assert not any(mount.writable for mount in found.mounts)


def test_passwords_in_addresses_stay_outside(tmp_path: Path) -> None:
    pip_conf(tmp_path, "[global]\nindex-url = https://user:topsecret@mirror.example/simple\n")
    found = pip.source(host(tmp_path, UV_INDEX="https://token@other.example/simple"))
    assert set(found.mirrors) == {"mirror.example", "other.example"}
    assert "topsecret" not in repr(found)
    assert "token" not in repr(found)
    assert any("password" in note for note in found.notes)


def test_a_local_index_is_shown_and_a_whole_home_is_not(tmp_path: Path) -> None:
    index = tmp_path / "index/simple"
    index.mkdir(parents=True)
    pip_conf(tmp_path, f"[global]\nindex-url = file://{index}\nfind-links = /home\n")
    found = pip.source(host(tmp_path))
    assert found.hosts == found.mirrors == ()
    targets = [mount.target for mount in found.mounts]
    assert str(index.parent) in targets
    assert "/home" not in targets


def test_no_index_means_no_host(tmp_path: Path) -> None:
    assert pip.source(host(tmp_path, PIP_NO_INDEX="1", PIP_INDEX_URL="")).hosts == ()


def test_uv_s_own_file_counts(tmp_path: Path) -> None:
    file = tmp_path / ".config/uv/uv.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        '[[index]]\nurl = "https://uv.example/simple"\ndefault = true\n[[index]]\nurl = "https://x.example/s"\n'
    )
    found = pip.read(host(tmp_path))
    assert found.index == "https://uv.example/simple"
    assert "https://x.example/s" in found.extra


def test_a_broken_file_says_nothing(tmp_path: Path) -> None:
    pip_conf(tmp_path, "index-url = nonsense without section\n\0")
    assert pip.pip_file(tmp_path / ".config/pip/pip.conf") == {}


def test_certificates_are_shown_to_every_client(tmp_path: Path) -> None:
    bundle = tmp_path / "company.pem"
    bundle.write_text("certificates")
    found = pip.source(host(tmp_path, PIP_CERT=str(bundle)))
    assert found.variables["SSL_CERT_FILE"] == found.variables["NODE_EXTRA_CA_CERTS"] == CERTIFICATES
    assert [mount.source for mount in found.mounts if mount.target == CERTIFICATES] == [bundle]


def test_npm_is_asked_and_its_scopes_are_read(tmp_path: Path) -> None:
    program(tmp_path, "npm", "https://npm.example/")
    assert npm.source(host(tmp_path)).hosts == ("npm.example",)
    (tmp_path / ".npmrc").write_text(
        "; a comment\n@ours:registry=https://ours.example/npm/\nregistry = https://npm.example/\n"
        "//ours.example/npm/:_authToken=topsecret\n"
    )
    found = npm.source(host(tmp_path))
    assert found.hosts == ()
    assert set(found.mirrors) == {"ours.example", "npm.example"}
    assert found.variables["npm_config_@ours:registry"] == "https://ours.example/npm/"
    assert "topsecret" not in repr(found)
    assert any("tokens" in note for note in found.notes)


def test_go_is_asked(tmp_path: Path) -> None:
    program(tmp_path, "go", '{"GOPROXY": "https://go.example,direct", "GOSUMDB": "sum.example", "GOPRIVATE": ""}')
    assert go.source(host(tmp_path)).hosts == ("go.example", "sum.example")
    configured = go.source(host(tmp_path, GOPROXY="x"))
    assert configured.mirrors == ("go.example", "sum.example")
    assert configured.variables["GOPROXY"] == "https://go.example,direct"


def test_without_a_client_there_is_nothing(tmp_path: Path) -> None:
    nobody = Host(tmp_path, {}, search_path=str(tmp_path))
    assert go.source(nobody).hosts == npm.source(nobody).hosts == ()


def test_cargo_s_mirrors_and_the_index_in_its_program(tmp_path: Path) -> None:
    (tmp_path / ".cargo").mkdir()
    (tmp_path / ".cargo/config.toml").write_text(
        '[source.crates-io]\nreplace-with = "ours"\n[source.ours]\nregistry = "sparse+https://crates.example/index/"\n'
    )
    binary = tmp_path / "cargo"
    binary.write_bytes(b"\x7fELF\0sparse+https://\0sparse+https://localhost/\0")
    found = cargo.source(host(tmp_path), binary)
    assert found.mirrors == ("crates.example",)
    assert found.hosts == ("localhost",)
    assert cargo.default_index(tmp_path / "nowhere") == ""


@pytest.mark.parametrize(
    ("text", "url", "name"),
    [
        ("https://a.example/simple/", "https://a.example/simple/", "a.example"),
        ("http://u:p@a.example:8080/x?y=z#f", "http://a.example:8080/x?y=z", "a.example:8080"),
        ("/opt/wheels", "/opt/wheels", ""),
        ("direct", "direct", ""),
        ("sparse+https://i.example/", "https://i.example/", "i.example"),
    ],
)
def test_addresses(text: str, url: str, name: str) -> None:
    found = address(text)
    assert (found.url, found.host) == (url, name)


def test_sources_join() -> None:
    both = together(npm.Source(hosts=("a",), notes=("n",)), npm.Source(hosts=("a", "b"), variables={"X": "1"}))
    assert both.hosts == ("a", "b")
    assert both.notes == ("n",)
    assert both.variables == {"X": "1"}
