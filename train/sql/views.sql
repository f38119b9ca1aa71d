-- feed -> views, each with the moment when its session (one unbroken visit within a day) began, and
-- whether it is in the first half of it. Right for any set of whole days.
-- Variables: session_gap_minutes.

CREATE OR REPLACE TEMP TABLE placed AS
WITH gaps AS (
    SELECT
        user_id, post_id, moment, day, liked,
        coalesce(
            moment - lag(moment) OVER reader > to_minutes(getvariable('session_gap_minutes')), TRUE
        ) AS starts_session,
        row_number() OVER reader AS place
    FROM feed
    WHERE is_view
    -- At midnight more is known: what goes on past it is another session.
    WINDOW reader AS (PARTITION BY user_id, day ORDER BY moment, post_id, liked)
)
SELECT
    * EXCLUDE (starts_session),
    sum(starts_session::INTEGER) OVER (
        PARTITION BY user_id, day ORDER BY place ROWS UNBOUNDED PRECEDING
    )::INTEGER AS session
FROM gaps;

-- A third window, over the sessions, would sort all views once more and take twice as long.
CREATE OR REPLACE TABLE views AS
WITH sessions AS (
    SELECT user_id, day, session, min(moment) AS started, min(place) AS first_place, count(*) AS views
    FROM placed
    GROUP BY user_id, day, session
)
SELECT
    p.* EXCLUDE (place, session), s.started, (p.place - s.first_place + 1) * 2 <= s.views AS is_early
FROM placed AS p
JOIN sessions AS s USING (user_id, day, session);

DROP TABLE placed;
