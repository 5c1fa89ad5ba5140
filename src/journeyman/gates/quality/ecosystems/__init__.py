"""Owns, per ecosystem, which checks a project's files give evidence for; pure functions of a Project."""
