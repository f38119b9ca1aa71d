-- post_requests, post_history, post_vectors, post_appeal, peer_rates -> post_rows (row, post_id, as_of,
-- features FLOAT[]). The order within `features` is train.features.schema's.

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
