-- What is open, beside its chain (known), counted per group and day: the answer of chains.sql.
SELECT {dims} as_of_on, count(*) AS n, count(people) AS named, count(*) FILTER (people = 1) AS single,
    coalesce(sum(people), 0)::BIGINT AS people, count(*) FILTER (approver) AS approver, count(*) FILTER (evaluator) AS evaluator,
    count(*) FILTER (procurement) AS procurement, count(*) FILTER (is_opposed) AS opposed,
    count(project) AS project_n, sum(project) AS project_sum, sum(project ** 2) AS project_squares,
    count(coverage) AS coverage_n, sum(coverage) AS coverage_sum, sum(coverage ** 2) AS coverage_squares
FROM known
GROUP BY {groups} as_of_on
