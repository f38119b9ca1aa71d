-- learned, reader_daily, profiles, peer_rates -> reader_rows (row, user_id, as_of, features
-- FLOAT[]), of the serving day and of the days when something was shown. Right for any set of whole
-- readers. The order within `features` is train.features.schema's.
-- Variables: everyone, serving_day, no_text.

CREATE OR REPLACE TABLE reader_requests AS
SELECT DISTINCT user_id, day AS as_of FROM learned
UNION
SELECT user_id, getvariable('serving_day') FROM profiles
UNION
-- The reader of whom nothing is known.
SELECT NULL, getvariable('serving_day');

-- What was known at the end of each day; of a reader who is not learned from, of the last day alone.
CREATE OR REPLACE TABLE reader_history AS
WITH learners AS (SELECT DISTINCT user_id FROM learned)
SELECT
    user_id,
    day,
    sum(COLUMNS('^(views|likes|seen_.*|liked_.*)$')) OVER (
        PARTITION BY user_id ORDER BY day ROWS UNBOUNDED PRECEDING
    )::BIGINT AS '\1'
FROM reader_daily SEMI JOIN learners USING (user_id)
UNION ALL BY NAME
SELECT user_id, max(day) AS day, sum(COLUMNS('^(views|likes|seen_.*|liked_.*)$'))::BIGINT AS '\1'
FROM reader_daily ANTI JOIN learners USING (user_id)
GROUP BY user_id;

CREATE OR REPLACE TABLE reader_rows AS
WITH histories AS (
    SELECT
        user_id, day, views, likes,
        [*COLUMNS('^seen_topic_')] AS seen, [*COLUMNS('^liked_topic_')] AS liked,
        [*COLUMNS('^seen_text_')] AS seen_text, [*COLUMNS('^liked_text_')] AS liked_text
    FROM reader_history
),
known AS (
    SELECT
        request.user_id, request.as_of,
        p.gender, p.age, p.exp_group, p.country_size, p.city_size, p.is_ios, p.is_organic,
        coalesce(h.views, 0) AS views, coalesce(h.likes, 0) AS likes,
        h.seen, h.liked, h.liked_text,
        coalesce(h.seen_text, getvariable('no_text')) AS seen_text,
        peers.rate AS peer_rate, peers.topics AS peer_topics,
        smoothed(h.likes, h.views, peers.rate, weight_of_reader()) AS rate
    FROM reader_requests AS request
    ASOF LEFT JOIN histories AS h ON request.user_id = h.user_id AND request.as_of > h.day
    LEFT JOIN profiles AS p ON request.user_id = p.user_id
    JOIN peer_rates AS peers
        ON peers.as_of = request.as_of
        AND peers.age_band = coalesce(p.age_band, -1)
        AND peers.country = coalesce(p.country, '')
        AND peers.exp_group = coalesce(p.exp_group, -1)
)
SELECT
    row_number() OVER (ORDER BY as_of, user_id NULLS FIRST) - 1 AS row,
    user_id,
    as_of,
    (
        [gender, age, exp_group, country_size, city_size, is_ios, is_organic, ln(1 + views), rate, peer_rate]
        || smoothed_topics(liked, seen, peer_topics, rate / peer_rate, weight_of_reader())
        || list_transform(
            seen_text,
            lambda seen, i: text_unit() * (coalesce(liked_text[i], 0) - rate * seen)
                / (likes + weight_of_taste())
        )
        || list_transform(
            range(getvariable('everyone') + 1),
            lambda band: (band = coalesce(age_band(age), getvariable('everyone')))::INTEGER
        )
    )::FLOAT[] AS features
FROM known
ORDER BY row;
