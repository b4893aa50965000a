"""A dashboard process without a screen: opens the company and asks, again and again, until its input is closed.

Every answer is a line of JSON: the load, and what its tables, its marts and a metric say. Run as a script.
"""

from __future__ import annotations

import json
import sys
import time
from threading import Thread

from analytics.ask import Ask
from analytics.view import View
from data.engine import open_company

_TOLD = """SELECT (SELECT count(*) FROM opportunity), (SELECT min(name) FROM opportunity),
                  (SELECT max(name) FROM opportunity), (SELECT count(*) FROM opportunity_state WHERE valid_to IS NULL),
                  (SELECT count(DISTINCT opportunity_id) FROM stage_visit)"""


def main(store: str) -> None:
    stopped = Thread(target=sys.stdin.read, daemon=True)
    stopped.start()
    while stopped.is_alive():
        company = open_company(store)
        rows, least, most, states, visited = company.cursor().execute(_TOLD).fetchall()[0]
        open_ = Ask(company).metric("pipeline.open", View(company.last_day))
        print(json.dumps({"load": company.load_id, "rows": rows, "names": sorted({least, most}), "states": states,
                          "visited": visited, "open": int(open_["n"].iloc[0])}), flush=True)
        company.close()
        time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[1])
