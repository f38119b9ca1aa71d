-- *_requests, *_history, known_places -> reader_rows, post_rows: (row, id, as_of, features FLOAT[]).
-- The order within `features` is train.features.schema's.

-- Likes per view, drawn towards `prior` as if that had been seen `weight` times already.
CREATE OR REPLACE MACRO smoothed(likes, views, prior, weight) AS (
    (coalesce(likes, 0) + weight * prior) / (coalesce(views, 0) + weight)
);
-- The same for each topic; `ratio` is how much more than those of the priors this group likes at all.
CREATE OR REPLACE MACRO smoothed_topics(liked, seen, priors, ratio, weight) AS (
    list_transform(
        priors, lambda prior, i: smoothed(liked[i], seen[i], least(prior * ratio, 1e0), weight)
    )
);

-- Views after which a rate counts for more than its prior: about p(1-p) / variance of such rates
-- among themselves. On the network's tables the readers' rates vary by .054, the posts' by .017.
CREATE OR REPLACE MACRO weight_of_everyone() AS 100e0;
CREATE OR REPLACE MACRO weight_of_peers() AS 400e0;
CREATE OR REPLACE MACRO weight_of_reader() AS 40e0;
CREATE OR REPLACE MACRO weight_of_post() AS 300e0;
-- Likes of a reader after which a taste for words counts for more than none.
CREATE OR REPLACE MACRO weight_of_taste() AS 20e0;
-- The like rate of a network of which nothing is known yet.
CREATE OR REPLACE MACRO first_rate() AS 0.1e0;
-- Text vectors are whole numbers in units of 2^-20.
CREATE OR REPLACE MACRO text_unit() AS 1e0 / (1 << 20);

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
    CROSS JOIN (SELECT DISTINCT as_of FROM reader_requests UNION SELECT as_of FROM post_requests)
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

CREATE OR REPLACE TABLE post_rows AS
WITH vectors AS (
    SELECT post_id, topic, length, [*COLUMNS('^text_\d+$')] AS text FROM post_vectors
),
known AS (
    SELECT
        request.post_id, request.as_of, v.topic, v.length, v.text,
        coalesce(h.views, 0) AS views, coalesce(h.likes, 0) AS likes,
        coalesce(request.as_of - h.first_day, 0) AS age,
        everyone.all_topics[v.topic + 1] AS topic_rate
    FROM post_requests AS request
    ASOF LEFT JOIN post_history AS h ON request.post_id = h.post_id AND request.as_of > h.day
    JOIN vectors AS v ON request.post_id = v.post_id
    JOIN (SELECT DISTINCT as_of, all_topics FROM peer_rates) AS everyone
        ON everyone.as_of = request.as_of
)
SELECT
    row_number() OVER (ORDER BY as_of, post_id) - 1 AS row,
    post_id,
    as_of,
    (
        [
            topic, ln(1 + length), age, smoothed(likes, views, topic_rate, weight_of_post())
        ]
        || list_transform(text, lambda value: text_unit() * value)
        || appeal
    )::FLOAT[] AS features
FROM known
JOIN post_appeal USING (post_id, as_of)
ORDER BY row;
