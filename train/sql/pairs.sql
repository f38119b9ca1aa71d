-- learned, reader_rows, post_rows -> pairs: what was shown, by the rows of the two feature tables.
-- `time` is that of the call: one for the whole session, which it tells from the reader's others. A
-- view's own time tells its place in it.

CREATE OR REPLACE TABLE pairs AS
SELECT
    s.user_id,
    s.post_id,
    s.day,
    epoch_us(s.started) // 1_000_000 AS time,
    s.liked,
    r.row AS reader_row,
    p.row AS post_row
FROM learned AS s
JOIN reader_rows AS r ON r.user_id = s.user_id AND r.as_of = s.day
JOIN post_rows AS p ON p.post_id = s.post_id AND p.as_of = s.day
ORDER BY s.user_id, time, s.post_id, s.liked;
