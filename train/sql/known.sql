-- reader_daily, post_band_daily, liked_daily, strangers of some days, readers, post_vectors -> known
-- (day, digest): what the tables say of the readers and the posts of each day. As long as it stays the
-- same, so does all that was counted. Variables: everyone.

CREATE OR REPLACE TABLE known AS
WITH seen AS (
    SELECT day, user_id FROM reader_daily UNION SELECT day, user_id FROM liked_daily
),
shown_posts AS (
    SELECT day, post_id FROM post_band_daily WHERE band = getvariable('everyone')
    UNION
    SELECT day, post_id FROM liked_daily
),
told AS (
    SELECT s.day, hash('reader', s.user_id, r.user_id, age_band(r.age), r.country, r.exp_group) AS told
    FROM seen AS s LEFT JOIN readers AS r USING (user_id)
    UNION ALL
    SELECT s.day, hash('post', s.post_id, v) AS told
    FROM shown_posts AS s LEFT JOIN post_vectors AS v USING (post_id)
    UNION ALL
    -- A stranger that has become known changes the day.
    SELECT s.day, hash(s.kind, s.id, r.user_id IS NULL AND v.post_id IS NULL) AS told
    FROM strangers AS s
    LEFT JOIN readers AS r ON s.kind = 'reader' AND r.user_id = s.id
    LEFT JOIN post_vectors AS v ON s.kind = 'post' AND v.post_id = s.id
)
SELECT day, (count(*), bit_xor(told), sum(told))::VARCHAR AS digest
FROM told
GROUP BY day;
