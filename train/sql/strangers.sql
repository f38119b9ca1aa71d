-- judged_feed -> strangers (day, kind, id): readers and posts of each day that no table knows.

CREATE OR REPLACE TABLE strangers AS
SELECT DISTINCT
    moment::DATE AS day,
    CASE reason WHEN 'unknown reader' THEN 'reader' ELSE 'post' END AS kind,
    CASE reason WHEN 'unknown reader' THEN user_id ELSE post_id END AS id
FROM judged_feed
WHERE reason IN ('unknown reader', 'unknown post');
