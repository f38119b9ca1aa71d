-- raw_user_data, raw_post_text_df -> readers, posts (what can be used), dropped (what was not, counted).

CREATE OR REPLACE TABLE readers AS
SELECT DISTINCT
    user_id::BIGINT AS user_id,
    gender::INTEGER AS gender,
    age::INTEGER AS age,
    country::VARCHAR AS country,
    city::VARCHAR AS city,
    exp_group::INTEGER AS exp_group,
    os::VARCHAR AS os,
    source::VARCHAR AS source
FROM raw_user_data
WHERE user_id IS NOT NULL;

CREATE OR REPLACE TABLE posts AS
SELECT DISTINCT
    post_id::BIGINT AS post_id,
    coalesce(text::VARCHAR, '') AS text,
    coalesce(topic::VARCHAR, 'unknown') AS topic
FROM raw_post_text_df
WHERE post_id IS NOT NULL;

CREATE OR REPLACE TABLE dropped AS
SELECT 'user_data' AS table_name, 'id is null' AS reason, count(*) AS rows FROM raw_user_data WHERE user_id IS NULL
HAVING count(*) > 0
UNION ALL
SELECT 'post_text_df', 'id is null', count(*) FROM raw_post_text_df WHERE post_id IS NULL
HAVING count(*) > 0
UNION ALL
SELECT 'user_data', 'row is there twice', again FROM (
    SELECT count(user_id) - (SELECT count(*) FROM readers) AS again FROM raw_user_data
) WHERE again > 0
UNION ALL
SELECT 'post_text_df', 'row is there twice', again FROM (
    SELECT count(post_id) - (SELECT count(*) FROM posts) AS again FROM raw_post_text_df
) WHERE again > 0;
