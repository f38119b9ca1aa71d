-- liked_daily -> reader_likes (shard, user_id, liked): what each reader has ever liked, of the last day
-- first, and of one day by ascending id. One shard lies together, so that to read it the others need
-- not be read. Variables: shards.

CREATE OR REPLACE TABLE reader_likes AS
SELECT
    user_id % getvariable('shards') AS shard,
    user_id,
    list(post_id ORDER BY day DESC, post_id) AS liked
FROM (SELECT user_id, post_id, max(day) AS day FROM liked_daily GROUP BY user_id, post_id)
GROUP BY user_id
ORDER BY shard;
