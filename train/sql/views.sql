-- feed -> views, each with its session (one unbroken visit within a day), when that began, and
-- whether the view is in its first half. Variables: session_gap_minutes.

CREATE OR REPLACE TEMP TABLE placed AS
WITH gaps AS (
    SELECT
        user_id, post_id, moment, day, liked,
        -- At midnight more is known: what goes on past it is another session.
        coalesce(
            moment - lag(moment) OVER reader > to_minutes(getvariable('session_gap_minutes'))
            OR day > lag(day) OVER reader, TRUE
        ) AS starts_session,
        row_number() OVER reader AS place
    FROM feed
    WHERE is_view
    WINDOW reader AS (PARTITION BY user_id ORDER BY moment, post_id, liked)
)
SELECT
    * EXCLUDE (starts_session),
    sum(starts_session::INTEGER) OVER (
        PARTITION BY user_id ORDER BY place ROWS UNBOUNDED PRECEDING
    )::INTEGER AS session
FROM gaps;

-- A third window, over the sessions, would sort all views once more and take twice as long.
CREATE OR REPLACE TABLE views AS
WITH sessions AS (
    SELECT user_id, session, min(moment) AS started, min(place) AS first_place, count(*) AS views
    FROM placed
    GROUP BY user_id, session
)
SELECT p.* EXCLUDE (place), s.started, (p.place - s.first_place + 1) * 2 <= s.views AS is_early
FROM placed AS p
JOIN sessions AS s USING (user_id, session);

DROP TABLE placed;
