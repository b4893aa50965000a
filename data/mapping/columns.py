"""Finding the source columns of a profile in a file: by exact name, then in any case, then without blanks and marks."""

from __future__ import annotations

from collections.abc import Sequence

from data.errors import MvpodError


def squeezed(name: str) -> str:
    """A column name without case, blanks, underscores, hyphens and dots: 'Close Date', 'close_date', 'CloseDate'."""
    return "".join(c for c in name.casefold() if c not in " _-.\u3000")


class Columns:
    """The columns of one file, found by the names under which a profile knows them."""

    def __init__(self, names: Sequence[str], file: str) -> None:
        self.names, self.file = list(names), file

    def find(self, wanted: str) -> str | None:
        """The file's own name of `wanted`, None if it has none; E_COLUMN_AMBIGUOUS if several fit equally well."""
        if wanted in self.names:
            return wanted
        for form in (str.casefold, squeezed):
            found = [n for n in self.names if form(n) == form(wanted)]
            if len(found) > 1:
                raise MvpodError("E_COLUMN_AMBIGUOUS", file=self.file, wanted=wanted, columns=found)
            if found:
                return found[0]
        return None

    def find_all(self, wanted: Sequence[str]) -> list[str]:
        """The present ones of several alternatives, in their order, each once."""
        return list(dict.fromkeys(name for w in wanted if (name := self.find(w))))
