-- views, readers, post_vectors -> what was known at the end of each day, in whole numbers:
-- sums of integers are the same in any order and on any number of threads.
--
-- reader_history  (user_id, day, views, likes, seen_*, liked_*)
-- peer_history    (level, age_band, country, exp_group, day, views, likes, seen_topic_*, liked_topic_*)
-- post_history    (post_id, day, views, likes, first_day)

-- An unknown age is a band of its own.
CREATE OR REPLACE MACRO age_band(age) AS (
    CASE
        WHEN age IS NULL THEN -1
        ELSE len(list_filter(getvariable('age_limits'), lambda since: age >= since))
    END
);

CREATE OR REPLACE TABLE reader_daily AS
SELECT
    v.user_id,
    v.day,
    count(*) AS views,
    count(*) FILTER (v.liked) AS likes,
    sum(COLUMNS('^((?:topic|text)_\d+)$'))::BIGINT AS 'seen_\1',
    coalesce(sum(CASE WHEN v.liked THEN COLUMNS('^((?:topic|text)_\d+)$') END), 0)::BIGINT AS 'liked_\1'
FROM views AS v
JOIN post_vectors AS p USING (post_id)
GROUP BY v.user_id, v.day;

CREATE OR REPLACE TABLE reader_history AS
SELECT
    user_id,
    day,
    sum(COLUMNS('^(views|likes|seen_.*|liked_.*)$')) OVER (
        PARTITION BY user_id ORDER BY day ROWS UNBOUNDED PRECEDING
    )::BIGINT AS '\1'
FROM reader_daily;

-- Three levels in one table: everyone, the age band, the reader's peers.
CREATE OR REPLACE TABLE peer_history AS
WITH daily AS (
    SELECT
        CASE WHEN grouping(band) = 1 THEN 'all' WHEN grouping(r.country) = 1 THEN 'band' ELSE 'peers' END AS level,
        band AS age_band,
        r.country,
        r.exp_group,
        d.day,
        sum(COLUMNS('^(views|likes|(?:seen|liked)_topic_\d+)$'))::BIGINT AS '\1'
    FROM reader_daily AS d
    JOIN (SELECT *, age_band(age) AS band FROM readers) AS r USING (user_id)
    GROUP BY GROUPING SETS ((d.day), (d.day, band), (d.day, band, r.country, r.exp_group))
)
SELECT
    level,
    coalesce(age_band, -1) AS age_band,
    coalesce(country, '') AS country,
    coalesce(exp_group, -1) AS exp_group,
    day,
    sum(COLUMNS('^(views|likes|(?:seen|liked)_topic_\d+)$')) OVER (
        PARTITION BY level, age_band, country, exp_group ORDER BY day ROWS UNBOUNDED PRECEDING
    )::BIGINT AS '\1'
FROM daily;

CREATE OR REPLACE TABLE post_history AS
WITH daily AS (
    SELECT post_id, day, count(*) AS views, count(*) FILTER (liked) AS likes
    FROM views
    GROUP BY post_id, day
)
SELECT
    post_id,
    day,
    sum(COLUMNS('^(views|likes)$')) OVER known::BIGINT AS '\1',
    min(day) OVER known AS first_day
FROM daily
WINDOW known AS (PARTITION BY post_id ORDER BY day ROWS UNBOUNDED PRECEDING);
