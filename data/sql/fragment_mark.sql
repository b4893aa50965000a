-- What a mark names besides the outcome; the groups of a mark are filters.
($pipeline IS NULL OR pipeline::VARCHAR = $pipeline) AND ($stage IS NULL OR stage::VARCHAR = $stage)
    AND ($month_from IS NULL OR month BETWEEN $month_from AND $month_to)
