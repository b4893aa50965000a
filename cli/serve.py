"""The rest: `serve` opens the dashboard, `docs` writes docs/metrics.md."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from cli.grammar import DONE, Commands

ROOT = Path(__file__).resolve().parents[1]


def declare(commands: Commands) -> None:
    sub = commands.add("serve", serve)
    sub.add_argument("--port", type=commands.between(1, 65_535), default=8501, help=commands.say("port"))
    sub.add_argument("--address", default="127.0.0.1", help=commands.say("address"))
    commands.add("docs", docs, store=False)


def serve(args: argparse.Namespace) -> int:
    """Opens the dashboard on this machine; runs until it is stopped."""
    os.environ["MVPOD_STORE"] = str(args.store.absolute())
    os.chdir(ROOT)  # Streamlit reads its configuration from the current folder
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(ROOT / "server.py"),
                              "--server.address", args.address, "--server.port", str(args.port)])


def docs(args: argparse.Namespace) -> int:
    """Writes docs/metrics.md from the registry."""
    from analytics.metrics.document import document

    target = ROOT / "docs" / "metrics.md"
    target.write_text(document(), encoding="utf-8")
    print(target.relative_to(ROOT))
    return DONE
