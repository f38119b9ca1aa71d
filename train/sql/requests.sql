-- Which rows of features are wanted: those that the sampled views were shown with, and those that
-- will serve. `as_of` is a day: a row knows the days before it, and nothing of that day itself.
-- Variables: sample (share of readers to learn from), serving_day.

CREATE OR REPLACE TABLE learners AS
SELECT user_id
FROM readers
-- Knuth's multiplicative hash: whole readers, the same ones in every run and version.
WHERE (user_id * 2654435761) % 4294967296 < getvariable('sample') * 4294967296;

CREATE OR REPLACE TABLE shown AS
SELECT v.*
FROM views AS v
SEMI JOIN learners USING (user_id)
-- On the first day nothing is known of anyone.
WHERE v.day > (SELECT first_day FROM feed_facts);

CREATE OR REPLACE TABLE reader_requests AS
SELECT DISTINCT user_id, day AS as_of FROM shown
UNION
SELECT user_id, getvariable('serving_day') FROM readers
UNION
-- The reader of whom nothing is known.
SELECT NULL, getvariable('serving_day');

CREATE OR REPLACE TABLE post_requests AS
SELECT DISTINCT post_id, day AS as_of FROM shown
UNION
SELECT post_id, getvariable('serving_day') FROM posts;
