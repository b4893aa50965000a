"""What is planted in the sample company: the figures. docs/sample-company.md says how each becomes visible.

Dates are calendar dates: they lie in the last year of the three that end on 2026-09-30.
"""

from __future__ import annotations

from datetime import date

from data.demo.plan import day
from data.demo.words import PRODUCT_LINES, REGIONS, RIVALS, SUPPORT_TEAMS, TEAMS

TEAM = {team.name.split(" ", 1)[1]: number for number, team in enumerate(TEAMS)}
REGION = {name.split(" ", 1)[1]: number for number, name in enumerate(REGIONS)}

# 1. SMB: proposal and quote take longer from this date of entry on (median days of a
# deal that is neither paused nor forgotten; weekends and latecomers make it about 10 and 18)
QUOTE_SLOW_FROM = day(date(2026, 1, 1))
QUOTE_DAYS_BEFORE, QUOTE_DAYS_AFTER = 9.0, 16.5

# 2. A rival takes over one region
RIVAL_FROM = day(date(2026, 1, 1))
RIVAL_REGION = REGION["Southwest"]
RIVAL = 0
RIVAL_NAME = RIVALS[RIVAL]
RIVAL_SHARE = 0.9  # share of the region's deals in which it is the main rival afterwards
RIVAL_CLOSENESS_GAIN = 22.0  # points of closeness (0-100)
RIVAL_LOGIT = -1.2  # on the chance to pass each stage from the third on

# 3. A seller who holds his accounts' relationships leaves
LEAVER_TEAM = TEAM["KA North"]
LEAVER = 0  # number of the seller; the first of the team
LEFT_ON = day(date(2025, 10, 31))
LEAVER_HOLDS = 0.95  # share of his accounts' contacts whom only he knows; elsewhere about half
OTHERS_HOLD = 0.5
SILENCE_DAYS = 75  # nobody calls on them for so long
AFTER_LEAVER_LOGIT = -1.3

# 4. One team moves its expected close dates at the end of every quarter
PUSH_TEAM = TEAM["KA South"]
PUSH_SHARE, PUSH_DAYS = 0.95, 91

# 5. KA: tender preparation -> bidding
TENDER_STAGE = 4
TENDER_FROM = day(date(2026, 4, 1))
TENDER_LOGIT = -1.7  # 0.80 -> about 0.60

# 6. Simpson: from the first quarter to the second both segments win more often, the total less often
SIMPSON = (day(date(2025, 4, 1)), day(date(2025, 7, 1)), day(date(2025, 10, 1)))  # starts of Q2, Q3 and Q4 2025
SIMPSON_GAIN = 0.02
CAMPAIGN = (day(date(2025, 2, 20)), day(date(2025, 5, 25)), day(date(2025, 8, 31)))  # SMB leads: flood, then drought
CAMPAIGN_FACTORS = (2.6, 0.3)

# 7. Presales hours go to KA deals that lack the necessary conditions
UNCONDITIONED_SHARE = 0.3
UNCONDITIONED_LOGIT = -0.7
UNCONDITIONED_REQUESTS = 4.0  # times as many requests as other deals of the same stage

# 8. Closeness 28 days before the close tells winners from losers
CLOSENESS_PER_SIGMA = 9.0
CLOSENESS_DRIFT_DAYS = 84
CLOSENESS_WON_DRIFT, CLOSENESS_LOST_DRIFT = 5.0, -7.0

# 9. One team knows one person per deal
SINGLE_TEAM = TEAM["SMB East"]
SINGLE_LOGIT = -0.2

# 10. Channel deals of one region are faster
FAST_REGION = REGION["South"]
FAST_FACTOR = 0.55

# 11. A block of old deals that never moved
STALLED_TEAM = TEAM["KA West"]
STALLED_FROM, STALLED_UNTIL = day(date(2025, 2, 1)), day(date(2025, 6, 30))
STALLED_DEALS = 60
STALLED_ACTIVE_DAYS = 45

# 12. One presales team answers later (median hours to first response)
SUPPORT_TEAM = 1
SUPPORT_TEAM_NAME = SUPPORT_TEAMS[SUPPORT_TEAM]
SUPPORT_SLOW_FROM = day(date(2026, 4, 1))
RESPONSE_HOURS, RESPONSE_HOURS_SLOW = 20.0, 80.0

# 13. The CRM's stage probabilities promise more than is won: see settings.toml of this package

# 14. A product line in which companies are recorded twice
TWIN_LINE = 1
TWIN_LINE_NAME = PRODUCT_LINES[TWIN_LINE]
TWINS = 24

# 15. Some companies have grown into key accounts
PROMOTED_ON = day(date(2025, 7, 1))
PROMOTED = 12
