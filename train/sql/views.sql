-- feed -> views, each with its session (one unbroken visit within a day), when that began, and
-- whether the view is in its first half. Variables: session_gap_minutes.

CREATE OR REPLACE TABLE views AS
WITH gaps AS (
    SELECT
        user_id, post_id, moment, day, liked,
        -- At midnight more is known: what goes on past it is another session.
        coalesce(
            moment - lag(moment) OVER reader > to_minutes(getvariable('session_gap_minutes'))
            OR day > lag(day) OVER reader, TRUE
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
    min(moment) OVER whole AS started,
    row_number() OVER (whole ORDER BY moment, post_id, liked) * 2 <= count(*) OVER whole AS is_early
FROM sessions
WINDOW whole AS (PARTITION BY user_id, session);
