-- facts_of_parts, dropped_of_parts -> feed_facts, dropped_feed: of the whole feed.

CREATE OR REPLACE TABLE feed_facts AS
SELECT
    sum(views)::BIGINT AS views,
    sum(likes)::BIGINT AS likes,
    coalesce(max(last_day) - min(first_day) + 1, 0) AS days,
    min(since) AS since,
    max(until) AS until,
    min(first_day) AS first_day,
    max(last_day) AS last_day
FROM facts_of_parts;

CREATE OR REPLACE TABLE dropped_feed AS
SELECT table_name, reason, sum(rows)::BIGINT AS rows
FROM dropped_of_parts
GROUP BY ALL;
