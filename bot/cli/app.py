"""The commands by name. Each is imported only when it runs."""

from __future__ import annotations

from typing import Final

from cyclopts import App

from bot.cli.ending import ended

HERE: Final = "On the host"
THERE: Final = "Against a server"
ANYWHERE: Final = "Anywhere"

EXITS: Final = """
0 approved as asked, by people or without; 3 rejected; 4 expired; 5 cancelled; 6 approved with edits (0 with
--accept-edits); 7 the wait is over, it is still open; 8 not allowed; 9 the server cannot be reached."""

PROOFS: Final = """
0 genuine and for this; 1 not genuine; 4 the time to act is over; 5 discarded or superseded since, as the server says;
6 approved with edits, without --accept-edits; 8 genuine, but for something or somebody else; 9 the server cannot be
reached."""

COMMANDS: Final = (
    ("serve", "bot.cli.serving:serve", HERE, "Serve the API and Slack until stopped."),
    ("sandbox", "bot.cli.sandbox:sandbox", HERE, "A Slack-like workspace with the bot in it, in your browser."),
    ("migrate", "bot.cli.host:migrate", HERE, "Bring the database's schema up to this program."),
    ("doctor", "bot.cli.doctor:doctor", HERE, "Say what is missing and how to get it."),
    ("manifest", "bot.cli.manifests:manifest", HERE, "Print the Slack app's manifest, to be pasted into Slack."),
    ("login", "bot.cli.remote:login", THERE, "Log in with the code that /countersign login shows in Slack."),
    (
        "request",
        "bot.cli.asking:request",
        THERE,
        f"Ask for an approval, and wait for it.\n\nWith --wait, exit codes:{EXITS}",
    ),
    (
        "batch",
        "bot.cli.asking:batch",
        THERE,
        f"Ask for several like approvals on one card.\n\nWith --wait, exit codes of the first not approved:{EXITS}",
    ),
    (
        "run",
        "bot.cli.running:run",
        THERE,
        f"Ask for a command, and run exactly it after the yes.\n\nBefore it has run, exit codes:{EXITS} Then the command's own.",
    ),
    ("wait", "bot.cli.asking:wait", THERE, f"Wait until a request is decided.\n\nExit codes:{EXITS}"),
    ("read", "bot.cli.remote:read", THERE, "Show one request."),
    ("list", "bot.cli.remote:list_requests", THERE, "List requests, newest first."),
    ("approve", "bot.cli.remote:approve", THERE, "Approve a request."),
    ("reject", "bot.cli.remote:reject", THERE, "Reject a request; the comment is the reason."),
    ("answer", "bot.cli.remote:answer", THERE, "Answer what an approver asked."),
    ("cancel", "bot.cli.remote:cancel", THERE, "Cancel a request you made."),
    ("claim", "bot.cli.executing:claim", THERE, "Take what was approved, exactly once, just before doing it."),
    ("report", "bot.cli.executing:report", THERE, "Say how what was claimed has ended: report ID success, or failed."),
    ("receipt", "bot.cli.proving:receipt", THERE, "Print the signed proof that a request was approved."),
    (
        "verify",
        "bot.cli.proving:verify",
        ANYWHERE,
        f"Check that a receipt is genuine, and for exactly what is about to be done.\n\nExit codes:{PROOFS}",
    ),
    ("mcp", "bot.cli.mcp:mcp", THERE, "Tools for an AI agent (MCP), over standard input and output."),
    ("completion", "bot.cli.completing:completion", ANYWHERE, "Let your shell complete commands and options."),
)
FAMILIES: Final = (
    (
        "admin",
        "When admins are lost.",
        (
            (
                "recover",
                "bot.cli.recovery:recover",
                "Make somebody an admin again, switch four eyes off; every admin left is told.",
            ),
        ),
    ),
    (
        "agents",
        "Machines that ask, and their keys.",
        (
            ("add", "bot.cli.host:add_agent", "Add one; prints its key."),
            ("workload", "bot.cli.workloads:add", "Let GitHub's or GitLab's tokens stand for one, instead of a key."),
        ),
    ),
    (
        "audit",
        "The ledger: prove it, write it out.",
        (
            ("verify", "bot.cli.audit:verify_ledger", "Check every row, chain and seal, of every organisation here."),
            ("export", "bot.cli.audit:export_ledger", "Write it out as JSONL or CSV."),
        ),
    ),
    (
        "rules",
        "Rules kept in files.",
        (
            ("check", "bot.cli.rules:check", "Read them back and warn; needs no server."),
            ("test", "bot.cli.rules:judge_fixtures", "Judge fixtures by them; needs no server."),
            ("replay", "bot.cli.rules:try_out", "Try them on a server's past requests."),
            ("apply", "bot.cli.rules:apply", "Show the difference to a server's, ask, and apply."),
        ),
    ),
    (
        "facts",
        "What a plan would do, counted for rules.",
        (("terraform", "bot.cli.facts:terraform", "Count what a Terraform plan adds, changes and destroys."),),
    ),
    (
        "keys",
        "The keys that sign receipts.",
        (
            ("list", "bot.cli.keys:show_keys", "Show them."),
            ("rotate", "bot.cli.keys:rotate", "Make a new one; old ones stay published."),
            ("revoke", "bot.cli.keys:revoke", "Revoke one that others may know."),
        ),
    ),
    ("members", "People.", (("add", "bot.cli.host:add_member", "Add one."),)),
    (
        "workspaces",
        "Slack workspaces the app is installed in.",
        (
            ("invite", "bot.cli.workspaces:invite", "Let one more install it: prints an address, good once."),
            ("list", "bot.cli.workspaces:list_workspaces", "Show them all, with what they were not granted."),
        ),
    ),
)

NEED_NO_HOST: Final = frozenset({"facts", "rules"})


def build() -> App:
    app = App("countersign", help="A human yes, in Slack, for anything that should not happen without one.")
    app.version = _version
    for name, path, group, said in COMMANDS:
        app.command(path, name=name, group=group, help=said)
    for name, about, commands in FAMILIES:
        family = App(name, help=about, group=ANYWHERE if name in NEED_NO_HOST else HERE)
        for word, path, said in commands:
            family.command(path, name=word, help=said)
        app.command(family)
    return app


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow to load, and hardly ever asked

    try:
        return f"countersign {version('countersign')}"
    except PackageNotFoundError:
        return "countersign, run from its source"


def run(words: list[str]) -> int:
    """Run one command; its exit code."""
    return ended(lambda: build()(words, result_action="return_value"))
