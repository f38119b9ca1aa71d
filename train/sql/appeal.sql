-- views, readers -> post_band_daily (post_id, band, day, views, early, likes): what the readers of an
-- age band did with a post on a day. The last band is everyone. Variables: everyone.

CREATE OR REPLACE TABLE post_band_daily AS
WITH banded AS (
    SELECT v.post_id, v.day, v.is_early, v.liked, age_band(r.age) AS band
    FROM views AS v
    JOIN readers AS r USING (user_id)
)
SELECT
    post_id,
    CASE WHEN grouping(band) = 1 THEN getvariable('everyone') ELSE band END AS band,
    day,
    count(*) AS views,
    count(*) FILTER (is_early) AS early,
    count(*) FILTER (liked) AS likes
FROM banded
GROUP BY GROUPING SETS ((post_id, day), (post_id, day, band))
HAVING grouping(band) = 1 OR band >= 0;
