"""See that a run's credentials are on this machine: they are kept in a file of the home, never in the database."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.domain.errors import RepositoryRefused
from journeyman.domain.request import Credentials
from journeyman.domain.runs import Run
from journeyman.intake.submitting import own_token
from journeyman.store import SecretStore


@dataclass(frozen=True)
class Equipping:
    """Gives runs that were submitted on another machine their credentials."""

    secrets: SecretStore
    github_token: str = ""

    def equip(self, run: Run, credentials: Credentials | None = None) -> None:
        """Keep the given credentials, or see that there are any. RepositoryRefused if the run needs some."""
        repository = run.request.repository
        needed = repository.credentials
        given = credentials or (None if needed is None else own_token(repository, self.github_token))
        if credentials is not None or (given is not None and self.secrets.of(run.run_id) is None):
            self.secrets.keep(run.run_id, given)
        elif needed is not None and self.secrets.of(run.run_id) is None:
            kind = needed.credential_type.value
            raise RepositoryRefused(
                f"run {run.run_id} needs credentials ({kind}) for {repository.remote_url}, and they are kept only "
                "where it was submitted",
                f"give them here: journeyman resume {run.run_id} --credentials FILE, with the JSON object that the "
                "request has as repository.credentials",
            )
