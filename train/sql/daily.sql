-- feed, views, readers, post_vectors -> what happened on each day, in whole numbers: sums of integers
-- are the same in any order, in any parts and on any number of threads. Right for any set of whole days.
-- Variables: everyone, sample.
--
-- reader_daily     (user_id, day, views, likes, seen_*, liked_*)
-- peer_daily       (age_band, country, exp_group, day, views, likes, seen_topic_*, liked_topic_*)
-- post_band_daily  (post_id, band, day, views, early, likes): of the readers of an age band; the last
--                  band is everyone
-- shown            (user_id, post_id, day, started, liked): the views of the readers to learn from
-- liked_daily      (user_id, post_id, day)

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

CREATE OR REPLACE TABLE peer_daily AS
SELECT
    age_band(r.age) AS age_band,
    coalesce(r.country, '') AS country,
    coalesce(r.exp_group, -1) AS exp_group,
    d.day,
    sum(COLUMNS('^(views|likes|(?:seen|liked)_topic_\d+)$'))::BIGINT AS '\1'
FROM reader_daily AS d
JOIN readers AS r USING (user_id)
GROUP BY ALL;

CREATE OR REPLACE TABLE post_band_daily AS
WITH bands AS (SELECT user_id, age_band(age) AS band FROM readers),
counts AS (
    SELECT
        post_id, band, day,
        count(*) AS views,
        count(*) FILTER (is_early) AS early,
        count(*) FILTER (liked) AS likes
    FROM views
    JOIN bands USING (user_id)
    GROUP BY post_id, band, day
)
SELECT post_id, getvariable('everyone') AS band, day, sum(COLUMNS('^(views|early|likes)$'))::BIGINT AS '\1'
FROM counts
GROUP BY post_id, day
UNION ALL
FROM counts
WHERE band >= 0;

CREATE OR REPLACE TABLE shown AS
SELECT user_id, post_id, day, started, liked
FROM views
WHERE is_drawn(user_id, getvariable('sample'));

CREATE OR REPLACE TABLE liked_daily AS
SELECT DISTINCT user_id, post_id, day
FROM feed
WHERE liked;
