-- feed -> views, each with the moment when its session (one unbroken visit within a day) began, and
-- whether it is in the first half of it. Right for any set of whole days.
-- Variables: session_gap_minutes.

-- At midnight more is known: what goes on past it is another session.
CREATE OR REPLACE TEMP TABLE placed AS
SELECT
    user_id, post_id, moment, day, liked,
    row_number() OVER reader AS place,
    coalesce(
        moment - lag(moment) OVER reader > to_minutes(getvariable('session_gap_minutes')), TRUE
    ) AS starts_session
FROM feed
WHERE is_view
WINDOW reader AS (PARTITION BY user_id, day ORDER BY moment, post_id, liked);

-- A second window is over the beginnings alone: over all views it would sort them once more.
CREATE OR REPLACE TEMP TABLE sessions AS
WITH visits AS (
    SELECT user_id, day, max(place) AS views
    FROM placed
    GROUP BY user_id, day
)
SELECT
    user_id, day,
    moment AS started,
    place AS first_place,
    coalesce(lead(place) OVER reader - 1, views) AS last_place
FROM placed
JOIN visits USING (user_id, day)
WHERE starts_session
WINDOW reader AS (PARTITION BY user_id, day ORDER BY place);

CREATE OR REPLACE TABLE views AS
SELECT
    p.* EXCLUDE (place, starts_session),
    s.started,
    2 * (p.place - s.first_place) < s.last_place - s.first_place AS is_early
FROM placed AS p
JOIN sessions AS s USING (user_id, day)
WHERE p.place BETWEEN s.first_place AND s.last_place;

DROP TABLE placed;
DROP TABLE sessions;
