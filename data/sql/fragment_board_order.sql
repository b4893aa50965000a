-- The order asked for, of the account board.
$sort = 'alerts' AND is_orphaned DESC, CASE $sort WHEN 'fallen' THEN change WHEN 'risen' THEN -change WHEN 'fallen_period' THEN change_period
         WHEN 'weak' THEN closeness WHEN 'alerts' THEN -amount_base WHEN 'amount' THEN -amount_base END NULLS LAST,
    amount_base DESC NULLS LAST, account_id
