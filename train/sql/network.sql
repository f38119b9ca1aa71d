-- peer_daily, post_band_daily, learned, readers, posts, known_places -> what is known of all readers
-- together, and which rows of posts are wanted. A row `as_of` a day knows the days before it, and
-- nothing of that day itself.
-- Variables: everyone, serving_day, no_topics.
--
-- peer_rates     (age_band, country, exp_group, as_of, all_topics, rate, topics): how readers like this one like
-- post_history   (post_id, day, views, likes, first_day): known at the end of the day
-- post_requests  (post_id, as_of): those that were shown to the readers learned from, and those to serve
-- profiles       (user_id, …): of each reader what the features are made of

CREATE OR REPLACE TABLE post_requests AS
SELECT DISTINCT post_id, day AS as_of FROM learned
UNION
SELECT post_id, getvariable('serving_day') FROM posts;

CREATE OR REPLACE TABLE post_history AS
SELECT
    post_id,
    day,
    sum(COLUMNS('^(views|likes)$')) OVER known::BIGINT AS '\1',
    min(day) OVER known AS first_day
FROM post_band_daily
WHERE band = getvariable('everyone')
WINDOW known AS (PARTITION BY post_id ORDER BY day ROWS UNBOUNDED PRECEDING);

-- Without a label: how many readers share a country or a city tells which it is, or how large. Of one
-- that the model knows, the number it knows: else it would be taken for another one as it grows.
CREATE OR REPLACE TABLE profiles AS
SELECT
    user_id, gender, age, exp_group,
    age_band(age) AS age_band,
    coalesce(country, '') AS country,
    CASE WHEN country IS NOT NULL THEN ln(coalesce(c.readers, count(*) OVER (PARTITION BY country))) END AS country_size,
    CASE WHEN city IS NOT NULL THEN ln(coalesce(t.readers, count(*) OVER (PARTITION BY city))) END AS city_size,
    CASE WHEN os IS NOT NULL THEN (lower(os) = 'ios')::INTEGER END AS is_ios,
    CASE WHEN source IS NOT NULL THEN (lower(source) = 'organic')::INTEGER END AS is_organic
FROM readers
LEFT JOIN known_places AS c ON c.kind = 'country' AND c.name = country
LEFT JOIN known_places AS t ON t.kind = 'city' AND t.name = city;

-- Three levels in one table: everyone, the age band, the reader's peers.
CREATE OR REPLACE TABLE peer_history AS
WITH daily AS (
    SELECT
        CASE WHEN grouping(age_band) = 1 THEN 'all' WHEN grouping(country) = 1 THEN 'band' ELSE 'peers' END AS level,
        age_band, country, exp_group, day,
        sum(COLUMNS('^(views|likes|(?:seen|liked)_topic_\d+)$'))::BIGINT AS '\1'
    FROM peer_daily
    GROUP BY GROUPING SETS ((day), (day, age_band), (day, age_band, country, exp_group))
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

CREATE OR REPLACE TABLE peer_rates AS
WITH counts AS (
    SELECT
        level, age_band, country, exp_group, day, views, likes,
        [*COLUMNS('^seen_topic_')] AS seen,
        [*COLUMNS('^liked_topic_')] AS liked
    FROM peer_history
),
wanted AS (
    SELECT *
    FROM (
        SELECT DISTINCT
            age_band(age) AS age_band,
            coalesce(country, '') AS country,
            coalesce(exp_group, -1) AS exp_group
        FROM readers
        UNION
        SELECT -1, '', -1
    )
    CROSS JOIN (SELECT DISTINCT as_of FROM post_requests)
),
found AS (
    SELECT
        w.*,
        everyone.views AS all_views, everyone.likes AS all_likes,
        coalesce(everyone.seen, getvariable('no_topics')) AS all_seen,
        everyone.liked AS all_liked,
        band.views AS band_views, band.likes AS band_likes,
        band.seen AS band_seen, band.liked AS band_liked,
        peers.views AS peer_views, peers.likes AS peer_likes,
        peers.seen AS peer_seen, peers.liked AS peer_liked
    FROM wanted AS w
    ASOF LEFT JOIN (SELECT * FROM counts WHERE level = 'all') AS everyone
        ON w.as_of > everyone.day
    ASOF LEFT JOIN (SELECT * FROM counts WHERE level = 'band') AS band
        ON w.age_band = band.age_band AND w.as_of > band.day
    ASOF LEFT JOIN (SELECT * FROM counts WHERE level = 'peers') AS peers
        ON w.age_band = peers.age_band
        AND w.country = peers.country
        AND w.exp_group = peers.exp_group
        AND w.as_of > peers.day
)
SELECT
    age_band,
    country,
    exp_group,
    as_of,
    smoothed(all_likes, all_views, first_rate(), weight_of_everyone()) AS all_rate,
    smoothed(band_likes, band_views, all_rate, weight_of_peers()) AS band_rate,
    smoothed(peer_likes, peer_views, band_rate, weight_of_peers()) AS rate,
    list_transform(
        all_seen,
        lambda seen, i: smoothed(all_liked[i], seen, all_rate, weight_of_peers())
    ) AS all_topics,
    smoothed_topics(
        band_liked, band_seen, all_topics, band_rate / all_rate, weight_of_peers()
    ) AS band_topics,
    smoothed_topics(peer_liked, peer_seen, band_topics, rate / band_rate, weight_of_peers()) AS topics
FROM found;
