"""TOML text by its top-level sections: so that what one text says of a subject can replace what another says of it."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*\[\[?\s*([A-Za-z_]+)")


def sections(text: str) -> dict[str, str]:
    """TOML text by top-level section: name -> its lines (comments go with what follows them)."""
    parts: dict[str, list[str]] = {}
    current, waiting = "", []
    for line in text.splitlines():
        found = _HEADER.match(line)
        if found:
            current = found.group(1)
        elif line.lstrip().startswith("#"):
            waiting.append(line)
            continue
        parts.setdefault(current, []).extend([*waiting, line])
        waiting = []
    return {name: "\n".join(lines).strip() + "\n" for name, lines in parts.items()}


def merged_sections(base: str, over: str) -> str:
    """`base` with every section that `over` has taken from `over`."""
    if not over.strip():
        return base
    return "\n".join(text for text in {**sections(base), **sections(over)}.values() if text.strip())
