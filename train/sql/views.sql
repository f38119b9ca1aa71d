-- feed -> views, each with its session (one unbroken visit), and whether it is in the first half.
-- Variables: session_gap_minutes.

CREATE OR REPLACE TABLE views AS
WITH gaps AS (
    SELECT
        user_id, post_id, moment, day, liked,
        coalesce(
            moment - lag(moment) OVER reader > to_minutes(getvariable('session_gap_minutes')), TRUE
        ) AS starts_session
    FROM feed
    WHERE is_view
    WINDOW reader AS (PARTITION BY user_id ORDER BY moment, post_id, liked)
),
sessions AS (
    SELECT
        * EXCLUDE (starts_session),
        sum(starts_session::INTEGER) OVER (
            PARTITION BY user_id ORDER BY moment, post_id, liked ROWS UNBOUNDED PRECEDING
        )::INTEGER AS session
    FROM gaps
)
SELECT
    *,
    -- Within the day: that a session went on past midnight is not known before.
    row_number() OVER (of_day ORDER BY moment, post_id, liked) * 2 <= count(*) OVER of_day AS is_early
FROM sessions
WINDOW of_day AS (PARTITION BY user_id, session, day);
