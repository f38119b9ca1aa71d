-- feed, views, readers, posts -> what `train inspect` tells, none of it as long as the feed.
-- Variables: age_limits, first_day, place_step, last_place, most_parts.
--
-- parts    (kind, part, topic, members, readers, views, likes, …): of each part of the views or of the
--          readers the sums over readers that a like rate and its interval are made of
-- kinds    (kind, parts, members): how many parts there are, shown or not
-- topics   (topic, posts, shown, length): and `examples` (topic, post_id, text), one of each
-- spreads  (name, count, mean, quantiles)
-- totals   one row

CREATE OR REPLACE TABLE reader_topics AS
SELECT v.user_id, p.topic, count(*) AS views, count(*) FILTER (v.liked) AS likes
FROM views AS v JOIN posts AS p USING (post_id)
GROUP BY ALL;

CREATE OR REPLACE TABLE reader_hours AS
SELECT user_id, day, hour(moment) AS hour, count(*) AS views, count(*) FILTER (liked) AS likes
FROM views
GROUP BY ALL;

CREATE OR REPLACE TABLE reader_places AS
WITH numbered AS (
    SELECT
        user_id,
        liked,
        row_number() OVER (PARTITION BY user_id, started ORDER BY moment, post_id, liked) AS position
    FROM views
)
SELECT
    user_id,
    least((position - 1) // getvariable('place_step'), getvariable('last_place')) AS place,
    count(*) AS views,
    count(*) FILTER (liked) AS likes
FROM numbered
GROUP BY ALL;

CREATE OR REPLACE TABLE reader_totals AS
SELECT user_id, sum(views)::BIGINT AS views, sum(likes)::BIGINT AS likes
FROM reader_topics
GROUP BY user_id;

-- An empty text says as little as none: in CSV the two are the same.
CREATE OR REPLACE VIEW reader_labels AS
SELECT
    user_id,
    nullif(age_band(age), -1)::VARCHAR AS age,
    gender::VARCHAR AS gender,
    nullif(country, '') AS country,
    nullif(city, '') AS city,
    exp_group::VARCHAR AS exp_group,
    nullif(os, '') AS os,
    nullif(source, '') AS source
FROM readers;

-- The views of a reader are alike: what varies independently is the reader. So each has one row a part.
CREATE OR REPLACE VIEW reader_parts AS
SELECT kind, part, NULL::VARCHAR AS topic, views, likes
FROM reader_labels
UNPIVOT INCLUDE NULLS (part FOR kind IN (age, gender, country, city, exp_group, os, source))
LEFT JOIN reader_totals USING (user_id)
UNION ALL
SELECT 'all', 'all', NULL, views, likes FROM reader_totals
UNION ALL
SELECT 'topic', topic, NULL, views, likes FROM reader_topics
UNION ALL
SELECT 'age and topic', age, topic, views, likes FROM reader_topics JOIN reader_labels USING (user_id)
UNION ALL
SELECT 'place', place::VARCHAR, NULL, views, likes FROM reader_places
UNION ALL
SELECT 'day', day::VARCHAR, NULL, sum(views), sum(likes) FROM reader_hours GROUP BY user_id, day
UNION ALL
SELECT 'hour', hour::VARCHAR, NULL, sum(views), sum(likes) FROM reader_hours GROUP BY user_id, hour
UNION ALL
SELECT 'weekday', isodow(day)::VARCHAR, NULL, sum(views), sum(likes)
FROM reader_hours
GROUP BY user_id, isodow(day)
UNION ALL
SELECT 'week', ((day - getvariable('first_day')) // 7)::VARCHAR, NULL, sum(views), sum(likes)
FROM reader_hours
GROUP BY user_id, (day - getvariable('first_day')) // 7;

CREATE OR REPLACE TABLE all_parts AS
SELECT
    kind,
    part,
    topic,
    count(*) AS members,
    count(views) AS readers,
    coalesce(sum(views), 0) AS views,
    coalesce(sum(likes), 0) AS likes,
    coalesce(sum(views * views), 0) AS views_views,
    coalesce(sum(views * likes), 0) AS views_likes,
    coalesce(sum(likes * likes), 0) AS likes_likes
FROM reader_parts
GROUP BY ALL;

-- Of names that anybody can make up there may be any number.
CREATE OR REPLACE TABLE parts AS
WITH ranked AS (
    SELECT *, row_number() OVER (PARTITION BY kind ORDER BY members DESC, views DESC, part) AS rank
    FROM all_parts
)
SELECT * EXCLUDE (rank)
FROM ranked
WHERE kind IN ('age', 'age and topic', 'place', 'day', 'hour', 'weekday', 'week')
    OR rank <= getvariable('most_parts')
ORDER BY kind, rank;

CREATE OR REPLACE TABLE kinds AS
SELECT kind, count(*) AS parts, sum(members)::BIGINT AS members
FROM all_parts
GROUP BY kind;

CREATE OR REPLACE TABLE post_views AS
SELECT post_id, count(*) AS views FROM views GROUP BY post_id;

CREATE OR REPLACE TABLE topics AS
SELECT
    topic,
    count(*) AS posts,
    count(views) AS shown,
    quantile_disc(length(text), 0.5) AS length
FROM posts LEFT JOIN post_views USING (post_id)
GROUP BY topic
ORDER BY posts DESC, topic
LIMIT getvariable('most_parts');

-- Of a topic's posts, the one of the median length.
CREATE OR REPLACE TABLE examples AS
WITH placed AS (
    SELECT
        post_id,
        topic,
        row_number() OVER (PARTITION BY topic ORDER BY length(text), post_id) AS place,
        count(*) OVER (PARTITION BY topic) AS posts
    FROM posts
)
SELECT t.topic, e.post_id, p.text
FROM topics AS t
JOIN placed AS e ON e.topic = t.topic AND e.place = (e.posts + 1) // 2
JOIN posts AS p ON p.post_id = e.post_id
ORDER BY t.posts DESC, t.topic;

CREATE OR REPLACE TABLE reader_sessions AS
SELECT user_id, started, count(*) AS views FROM views GROUP BY ALL;

CREATE OR REPLACE TABLE spreads AS
WITH numbers AS (
    SELECT 1 AS place, 'age of a reader' AS name, age AS number FROM readers WHERE age IS NOT NULL
    UNION ALL
    SELECT 2, 'views of a reader', views FROM reader_totals
    UNION ALL
    SELECT 3, 'likes of a reader', likes FROM reader_totals
    UNION ALL
    SELECT 4, 'sessions of a reader', count(*) FROM reader_sessions GROUP BY user_id
    UNION ALL
    SELECT 5, 'posts in a session', views FROM reader_sessions
    UNION ALL
    SELECT 6, 'views of a post', views FROM post_views
    UNION ALL
    SELECT 7, 'characters of a text', length(text) FROM posts
)
SELECT name, count(*) AS count, avg(number) AS mean,
    quantile_disc(number, [0.05, 0.25, 0.5, 0.75, 0.95]) AS quantiles
FROM numbers
GROUP BY place, name
ORDER BY place;

CREATE OR REPLACE TABLE totals AS
WITH rows_of_feed AS (
    SELECT count(*) AS times FROM feed GROUP BY user_id, post_id, moment, is_view
)
SELECT
    (SELECT count(*) FROM feed WHERE NOT is_view) AS like_rows,
    (SELECT coalesce(sum(times - 1), 0)::BIGINT FROM rows_of_feed) AS doubles,
    (SELECT count(*) FROM views) - (SELECT count(*) FROM (SELECT DISTINCT user_id, post_id FROM views)) AS again,
    (SELECT count(*) FROM reader_sessions) AS sessions,
    (SELECT count(*) FROM readers) AS readers,
    (SELECT count(*) FROM reader_totals) AS active,
    (SELECT count(*) FROM posts) AS posts,
    (SELECT count(*) FROM post_views) AS shown,
    (SELECT count(*) FROM posts WHERE text = '') AS without_text,
    (SELECT count(*) - count(DISTINCT text) FROM posts WHERE text <> '') AS same_text;
