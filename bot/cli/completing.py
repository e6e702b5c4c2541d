"""`completion`: a script that lets the shell complete our commands and options."""

from __future__ import annotations

from typing import Literal


def completion(shell: Literal["bash", "zsh", "fish", "powershell"] = "bash") -> int:
    """Print a script for the shell to complete commands and options.

    bash: source <(countersign completion bash) · zsh: countersign completion zsh > "${fpath[1]}/_countersign" ·
    fish: countersign completion fish > ~/.config/fish/completions/countersign.fish
    """
    from bot.cli.app import build  # noqa: PLC0415 - the application knows this command, too

    print(build().generate_completion(shell=shell))
    return 0
