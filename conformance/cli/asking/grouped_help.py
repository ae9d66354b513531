"""Options in groups: who is judged, what is tried, how far it may go, what is written."""

from __future__ import annotations

import click

FEW = 6
"""So many options need no groups."""
OTHER = "Other"
GROUPS: dict[str, tuple[str, ...]] = {
    "Target": (
        "target", "embedded", "i_may_write", "credentials", "headers", "target_version", "target_openapi", "gateway",
        "storage_provider", "storage_hosts", "ca_bundle", "client_certificate", "client_key", "base_url", "speaks_as",
        "listen", "port", "lag", "data", "setup", "env", "variant", "variants", "faults",
        "habits",
    ),
    "What to try": (
        "effort", "scenario", "only", "catalogue", "by", "seed", "strict", "workers", "jobs", "times", "finding",
        "plan", "plan_id", "check", "read_along", "require_core", "columnar", "clients", "challenge", "expect",
        "dry_run", "draw", "share", "users", "minutes", "master", "worker", "dask",
    ),
    "Limits": (
        "converge_within", "max_rps", "max_in_flight", "max_requests", "max_bytes", "max_seconds", "longest_wait",
        "silence", "deadline", "answer_bytes", "download_bytes", "time_limit", "seconds", "days",
    ),
    "Certificate": (
        "certify", "product", "organisation", "contact", "digest", "profile", "witnessed", "key", "certifier_key",
    ),
    "Output": (
        "report_dir", "report", "reports", "formats", "output", "write", "style", "as_json", "quiet", "verbose", "keep",
        "state", "web",
    ),
}  # fmt: skip
"""The parameters of each group, by name; what stands in none comes last, under `OTHER`."""


class GroupedCommand(click.Command):
    """A command whose help shows its options in groups, if they are many."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, a section for each group that has any."""
        shown = [one for one in self.get_params(ctx) if isinstance(one, click.Option) and not one.hidden]
        if len(shown) <= FEW:
            super().format_options(ctx, formatter)
            return
        for title, options in grouped(shown).items():
            with formatter.section(f"{title} options" if title == OTHER else title):
                formatter.write_dl([record for one in options if (record := one.get_help_record(ctx))])


def grouped(options: list[click.Option]) -> dict[str, list[click.Option]]:
    """Return the options by group, in the order of the groups and of their names there."""
    by_name = {str(one.name): one for one in options}
    found = {title: [by_name.pop(name) for name in names if name in by_name] for title, names in GROUPS.items()}
    return {title: held for title, held in {**found, OTHER: list(by_name.values())}.items() if held}
