"""Vercel and Railway."""

from __future__ import annotations

from chittyops.capabilities.discovery.model.facts import Facts
from chittyops.capabilities.discovery.model.findings import Stage
from chittyops.capabilities.discovery.service.facts.reading import document


def vercel(path: str, text: str) -> Facts:
    """Return what a vercel.json tells (https://vercel.com/docs/project-configuration)."""
    config, problems = document(path, text)
    crons = tuple(str(row["schedule"]) for _, row in config.rows("crons") if "schedule" in row)
    return Facts(
        path,
        platform="vercel",
        rank=80,
        deployable=True,
        config=True,
        name=config.text("name"),
        stages={"": Stage(crons=crons)},
        problems=problems,
    )


def railway(path: str, text: str) -> Facts:
    """Return what a railway.json or railway.toml tells (https://docs.railway.com/reference/config-as-code)."""
    config, problems = document(path, text)
    command = config.text("deploy", "startCommand")
    cron = config.text("deploy", "cronSchedule")
    return Facts(
        path,
        platform="railway",
        rank=70,
        deployable=True,
        config=True,
        health=config.text("deploy", "healthcheckPath"),
        start=("command", command) if command else ("", ""),
        stages={"": Stage(crons=(cron,) if cron else ())},
        problems=problems,
    )
