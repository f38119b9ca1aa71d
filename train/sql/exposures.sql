-- exposure_lines, pseudonyms, feed -> exposures, compared, attributed, totals.
-- Variables: experiment (NULL: no experiment), window_seconds, rerank.

-- A record that was delivered twice counts once. Of posts to rerank the network shows what it likes.
CREATE OR REPLACE TABLE exposures AS
SELECT row_number() OVER (ORDER BY moment, reader, "time", posts) AS exposure, *
FROM (SELECT DISTINCT * FROM exposure_lines)
WHERE experiment IS NOT DISTINCT FROM getvariable('experiment')
    AND "call" <> getvariable('rerank');

-- After the last change of shares a reader's arm is fixed. What was shown before is not compared:
-- shares that change while likes rise or fall make arms differ that are alike (Simpson's paradox).
-- Containers of the function notice a change at different moments: compared is what came after the
-- last record with an older share.
CREATE OR REPLACE TABLE settled AS
SELECT max(moment) AS since FROM (
    SELECT moment, share, last_value(share) OVER (
        PARTITION BY arm ORDER BY exposure ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS last_share
    FROM exposures
) WHERE share <> last_share;

-- A window that the feed does not cover yet may have likes to come.
CREATE OR REPLACE TABLE in_time AS
SELECT * FROM exposures
WHERE "time" + getvariable('window_seconds') <= (SELECT epoch(until) FROM feed_facts)
    AND coalesce(moment > (SELECT since FROM settled), true);

CREATE OR REPLACE TABLE crossed AS
SELECT reader FROM in_time GROUP BY reader HAVING count(DISTINCT arm) > 1;

CREATE OR REPLACE TABLE compared AS
SELECT * FROM in_time WHERE reader NOT IN (FROM crossed);

CREATE OR REPLACE TABLE likes AS
SELECT p.reader, f.post_id, epoch(f.moment) AS moment
FROM feed AS f JOIN pseudonyms AS p USING (user_id)
WHERE f.liked;

-- A like belongs to the last exposure before it that showed the post, and of a reader's likes of a
-- post the first counts: no like counts twice, however often a feed is asked for.
CREATE OR REPLACE TABLE attributed AS
WITH places AS (
    SELECT exposure, reader, "time", unnest(posts) AS post_id,
        generate_subscripts(posts, 1) AS place
    FROM compared
),
shown AS (
    SELECT reader, post_id, "time", max(exposure) AS exposure, arg_max(place, exposure) AS place
    FROM places GROUP BY ALL
)
SELECT s.exposure, s.place
FROM likes AS l ASOF JOIN shown AS s
    ON l.reader = s.reader AND l.post_id = s.post_id AND l.moment >= s."time"
WHERE l.moment < s."time" + getvariable('window_seconds')
QUALIFY row_number() OVER (PARTITION BY l.reader, l.post_id ORDER BY l.moment) = 1;

CREATE OR REPLACE TABLE totals AS
WITH of_exposure AS (
    SELECT exposure, count(*) AS likes, (min(place) <= 5)::BIGINT AS hit
    FROM attributed GROUP BY exposure
)
SELECT c.arm, c.reader, c.source, min(c."time") AS since, count(*) AS exposures,
    sum(len(c.posts)) AS shown, sum(coalesce(o.likes, 0)) AS likes, sum(coalesce(o.hit, 0)) AS hits
FROM compared AS c LEFT JOIN of_exposure AS o USING (exposure)
GROUP BY ALL;

-- What readers had seen and liked before the experiment first showed them anything.
CREATE OR REPLACE TABLE before AS
WITH first_exposure AS (SELECT reader, min("time") AS since FROM exposures GROUP BY reader)
SELECT e.reader, count(*) AS views, sum(f.liked::BIGINT) AS likes
FROM first_exposure AS e JOIN pseudonyms AS p USING (reader) JOIN feed AS f USING (user_id)
WHERE f.is_view AND epoch(f.moment) < e.since
GROUP BY e.reader;

-- Of each reader, crossed ones too, the arm, its share and the moment of the first exposure.
CREATE OR REPLACE VIEW first_arms AS
SELECT arg_min(arm, exposure) AS arm, arg_min(share, exposure) AS share,
    epoch(min(moment)) AS moment
FROM exposures GROUP BY reader ORDER BY reader;

-- The records that name another share of their arm than the one before.
CREATE OR REPLACE VIEW share_changes AS
SELECT arm, share, epoch(moment) AS moment
FROM exposures
QUALIFY lag(share) OVER (PARTITION BY arm ORDER BY exposure) IS DISTINCT FROM share
ORDER BY exposure;

CREATE OR REPLACE VIEW records AS
WITH unsettled AS (
    SELECT count(*) AS n FROM exposures WHERE moment <= (SELECT since FROM settled)
)
SELECT
    (SELECT count(*) FROM exposure_lines)
        - (SELECT count(*) FROM (SELECT DISTINCT * FROM exposure_lines)) AS "delivered twice",
    (SELECT count(*) FROM exposures) AS "of the experiment",
    (SELECT n FROM unsettled) AS "before the last change of shares",
    (SELECT count(*) FROM exposures) - (SELECT n FROM unsettled)
        - (SELECT count(*) FROM in_time) AS "window not over",
    (SELECT count(*) FROM in_time) - (SELECT count(*) FROM compared) AS "of readers in two arms",
    (SELECT count(*) FROM compared) AS "compared";
