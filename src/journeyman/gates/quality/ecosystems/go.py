"""Go: vet, build and test; gofmt and golangci-lint where they are used."""

from __future__ import annotations

from collections.abc import Iterator

from journeyman.domain.checks import Check, CheckKind
from journeyman.gates.quality.ecosystems.project import Project


def go_checks(project: Project) -> Iterator[Check]:
    """Yield the checks of a Go module."""
    if "go.mod" not in project.paths:
        return
    if own := project.has(".golangci.yml", ".golangci.yaml", ".golangci.toml"):
        yield project.check("golangci-lint", "golangci-lint run", CheckKind.LINT, "go", own)
    if own := project.mention(r"(?:\S*\()?gofmt\b.*"):
        command = "! gofmt -l . | grep -v '^vendor/' | grep ."
        yield project.check("gofmt", command, CheckKind.FORMAT, "plain", f"automation: {own}")
    yield project.check("go vet", "go vet ./...", CheckKind.LINT, "go", "go.mod")
    yield project.check("go build", "go build ./...", CheckKind.BUILD, "go", "go.mod")
    test = next((path for path in project.paths if path.endswith("_test.go")), "")
    if test:
        yield project.check("go test", "go test -json ./...", CheckKind.TEST, "go", test)
