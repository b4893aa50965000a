-- Of those that entered the pipeline in the period, the ones asked for: by what they were at first.
opportunity_key IN (
        SELECT opportunity_key FROM stage_visit
        WHERE {where} AND visit_no = 1 AND is_entry_known AND entered_on BETWEEN $start AND $until)
