-- raw_feed_data, readers, posts -> feed (what can be used), dropped_feed (what was not, counted),
-- feed_facts. Right for any part of the feed. Variables: timezone, earliest, latest.

-- A like that points at no view cannot teach, but it still says what the reader has liked.
CREATE OR REPLACE VIEW judged_feed AS
SELECT
    network_time(f."timestamp") AS moment,
    f.user_id::BIGINT AS user_id,
    f.post_id::BIGINT AS post_id,
    f.action::VARCHAR AS action,
    f.target::INTEGER AS target,
    CASE
        WHEN f.user_id IS NULL OR f.post_id IS NULL OR moment IS NULL THEN 'id or time is null'
        WHEN f.user_id::BIGINT NOT IN (SELECT user_id FROM readers) THEN 'unknown reader'
        WHEN f.post_id::BIGINT NOT IN (SELECT post_id FROM posts) THEN 'unknown post'
        WHEN moment < getvariable('earliest') OR moment > getvariable('latest')
            THEN 'time out of range'
        WHEN f.action IS NULL OR f.action NOT IN ('view', 'like')
            THEN 'action is neither view nor like'
        WHEN f.action = 'view' AND (f.target IS NULL OR f.target::INTEGER NOT IN (0, 1))
            THEN 'target is neither 0 nor 1'
    END AS reason
FROM raw_feed_data AS f;

CREATE OR REPLACE TABLE feed AS
SELECT
    moment,
    moment::DATE AS day,
    user_id,
    post_id,
    action = 'view' AS is_view,
    action = 'like' OR target = 1 AS liked
FROM judged_feed
WHERE reason IS NULL;

CREATE OR REPLACE TABLE dropped_feed AS
SELECT 'feed_data' AS table_name, reason, count(*) AS rows
FROM judged_feed
WHERE reason IS NOT NULL
GROUP BY reason;

CREATE OR REPLACE TABLE feed_facts AS
SELECT
    count(*) FILTER (is_view) AS views,
    count(*) FILTER (is_view AND liked) AS likes,
    coalesce(max(day) FILTER (is_view) - min(day) FILTER (is_view) + 1, 0) AS days,
    min(moment) AS since,
    max(moment) AS until,
    min(day) FILTER (is_view) AS first_day,
    max(day) FILTER (is_view) AS last_day
FROM feed;
