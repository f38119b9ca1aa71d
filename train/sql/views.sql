-- feed -> views, each with its session (one unbroken visit) and its position in it, from 1.
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
    row_number() OVER (
        PARTITION BY user_id, session ORDER BY moment, post_id, liked
    )::SMALLINT AS position
FROM sessions;
