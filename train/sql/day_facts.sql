-- feed, judged_feed, known -> day_dropped (day, reason, rows), and day_facts: of each day one row. HUGEINT
-- as text: JSON and Parquet have none.

CREATE OR REPLACE TABLE day_dropped AS
SELECT moment::DATE AS day, reason, count(*) AS rows
FROM judged_feed
WHERE reason IS NOT NULL
GROUP BY ALL;

CREATE OR REPLACE TABLE day_facts AS
WITH counted AS (
    SELECT
        day,
        count(*) AS rows,
        bit_xor(hash(f))::VARCHAR AS mixed,
        sum(hash(f))::VARCHAR AS total,
        count(*) FILTER (is_view) AS views,
        count(*) FILTER (is_view AND liked) AS likes,
        min(moment) AS since,
        max(moment) AS until
    FROM feed AS f
    GROUP BY day
),
days AS (
    SELECT day FROM counted UNION SELECT day FROM day_dropped WHERE day IS NOT NULL
)
SELECT d.day, c.* EXCLUDE (day), k.digest AS known
FROM days AS d
LEFT JOIN counted AS c USING (day)
LEFT JOIN known AS k USING (day);
