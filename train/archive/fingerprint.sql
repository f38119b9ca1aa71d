-- Of each day of the feed: how many rows it has, and a checksum that knows each of their values, not
-- their order. A row that is there twice counts twice.
--
-- A day is of the network's clock. Rows without a time have the day NULL, and so have those whose
-- time is infinite or outside of the calendar of the years 1 to 9999.
--
-- Of an expression the planner would guess nearly as many days as there are rows, and group them in
-- one process. Of a column of a UNION ALL it knows nothing, takes 200 of them for granted, and
-- lets each worker count by itself.
SELECT day, count(*), sum(hash)
FROM (
    SELECT
        CASE WHEN moment >= '0001-01-01' AND moment < '10000-01-01' THEN moment::date END AS day,
        hashint4extended(
            action * 65536 + target,
            hashint8extended(
                post_id, hashint8extended(user_id, timestamp_hash_extended(moment, 0))
            )
        ) AS hash
    FROM (SELECT {columns} FROM {table}) AS feed
    UNION ALL
    SELECT NULL, NULL WHERE false
) AS hashed
GROUP BY day
