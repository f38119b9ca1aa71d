-- liked_daily -> reader_likes (shard, user_id, liked): what each reader has ever liked, by ascending
-- id. One shard lies together, so that to read it the others need not be read. Variables: shards.

CREATE OR REPLACE TABLE reader_likes AS
SELECT
    user_id % getvariable('shards') AS shard,
    user_id,
    list(DISTINCT post_id ORDER BY post_id) AS liked
FROM liked_daily
GROUP BY user_id
ORDER BY shard;
