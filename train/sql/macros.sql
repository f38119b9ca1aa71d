-- What several scripts count with; every warehouse has them. Variables: age_limits, timezone.

-- A time with a zone becomes the network's own clock; one without already is.
CREATE OR REPLACE MACRO network_time(moment) AS (
    CASE WHEN typeof(moment) = 'TIMESTAMP WITH TIME ZONE'
        THEN timezone(getvariable('timezone'), moment::TIMESTAMPTZ)
        ELSE moment::TIMESTAMP
    END
);

-- An unknown age is a band of its own.
CREATE OR REPLACE MACRO age_band(age) AS (
    CASE
        WHEN age IS NULL THEN -1
        ELSE len(list_filter(getvariable('age_limits'), lambda since: age >= since))
    END
);

-- Knuth's multiplicative hash: whole readers, the same ones in every run, and of a smaller share some
-- of those of a larger one.
CREATE OR REPLACE MACRO is_drawn(user_id, share) AS (
    (user_id * 2654435761) % 4294967296 < share * 4294967296
);

-- Likes per view, drawn towards `prior` as if that had been seen `weight` times already.
CREATE OR REPLACE MACRO smoothed(likes, views, prior, weight) AS (
    (coalesce(likes, 0) + weight * prior) / (coalesce(views, 0) + weight)
);
-- The same for each topic; `ratio` is how much more than those of the priors this group likes at all.
CREATE OR REPLACE MACRO smoothed_topics(liked, seen, priors, ratio, weight) AS (
    list_transform(
        priors, lambda prior, i: smoothed(liked[i], seen[i], least(prior * ratio, 1e0), weight)
    )
);

-- Views after which a rate counts for more than its prior: about p(1-p) / variance of such rates
-- among themselves. On the network's tables the readers' rates vary by .054, the posts' by .017.
CREATE OR REPLACE MACRO weight_of_everyone() AS 100e0;
CREATE OR REPLACE MACRO weight_of_peers() AS 400e0;
CREATE OR REPLACE MACRO weight_of_reader() AS 40e0;
CREATE OR REPLACE MACRO weight_of_post() AS 300e0;
-- Likes of a reader after which a taste for words counts for more than none.
CREATE OR REPLACE MACRO weight_of_taste() AS 20e0;
-- The like rate of a network of which nothing is known yet.
CREATE OR REPLACE MACRO first_rate() AS 0.1e0;
-- Text vectors are whole numbers in units of 2^-20.
CREATE OR REPLACE MACRO text_unit() AS 1e0 / (1 << 20);
