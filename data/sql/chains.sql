-- How close we are to those who decide on open opportunities, and how well they are known (METHOD B5), in the latest
-- snapshot of the chains.  Grain: groups x as_of_on, the last day of the period (or of each month: chains_by_month.sql).
-- n open ones, named: with anybody in the chain; single: with exactly one person; people: contacts of all chains;
-- families filled (an approver, an evaluator, procurement, each with a known attitude); opposed: an approver opposes us.
-- project_*: closeness to the deciders, of chains with any known attitude; coverage_*: of the named ones, the share of
-- the three families that is filled, by weight.  Reads: opportunity_state, the canonical table opportunity_contact.
WITH known AS (SELECT * FROM {shared_chain} WHERE {where} AND $until >= $start)
{chain_counts}
