"""``python -m benchmarks SUITE [--quick] [--json]``: measure a suite and show it."""

from __future__ import annotations

import argparse
import json
import sys

from benchmarks.runner import SUITES, Peer, Row, environment, run_suite


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _peer(name: str, peer: Peer) -> str:
    if peer.published:
        return f"{name}: {_number(peer.figure)} (published; not installed)"
    if peer.version is None:
        return f"{name}: missing"
    return f"{name} {peer.version}: {_number(peer.figure)}"


def _show(suite: str, quick: bool, rows: list[Row]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(", ".join(f"{name} {value}" for name, value in environment().items()), highlight=False)
    table = Table(title=f"{suite}{' (quick)' if quick else ''}", show_lines=True)
    for heading in ("line", "ours", "peers", "goal", "holds", "s"):
        table.add_column(heading, justify="right" if heading in ("ours", "s") else "left")
    for row in rows:
        peers = "\n".join(_peer(name, peer) for name, peer in row.peers.items()) or "-"
        line = f"{row.line}\n{row.note}" if row.note else row.line
        table.add_row(line, _number(row.ours), peers, row.goal, "yes" if row.holds else "NO", f"{row.seconds:.1f}")
    console.print(table)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit code is 0 when every goal holds, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure a suite next to its peers.")
    parser.add_argument("suite", choices=sorted(SUITES))
    parser.add_argument("--quick", action="store_true", help="the same work made smaller, within 50 CPU seconds")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    chosen = parser.parse_args(arguments)
    rows = list(run_suite(chosen.suite, quick=chosen.quick))
    if chosen.json:
        document = {
            "suite": chosen.suite,
            "quick": chosen.quick,
            "environment": environment(),
            "rows": [row.to_dict() for row in rows],
        }
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        _show(chosen.suite, chosen.quick, rows)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
