-- What chains.sql says, on the last day of each month: the chains of so many days are not kept.
-- Grain: groups x as_of_on.  Reads: opportunity_state, the canonical table opportunity_contact.
WITH first_day AS (SELECT min(day) AS since FROM export_day WHERE $monthly AND source = 'opportunity_contact'),
{stock_days},
snapshot AS (
    SELECT as_of_on, max(snapshot_date) AS snapshot_date
    FROM stock_days JOIN (SELECT day AS snapshot_date FROM export_day WHERE source = 'opportunity_contact') ON snapshot_date <= as_of_on GROUP BY as_of_on
),
{chain}
{chain_counts}
