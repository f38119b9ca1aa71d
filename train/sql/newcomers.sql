-- profiles -> newcomers (user_id, age_band, gender, country, …): one made-up reader of each kind, as
-- `profiles` has real ones; `user_id` counts them. Where a kind leaves something open it is as with
-- most readers of that country and age, so that their peers are there. Variables: most_countries.

CREATE OR REPLACE TABLE newcomers AS
WITH largest AS (
    SELECT country, count(*) AS readers
    FROM profiles
    WHERE country <> ''
    GROUP BY country
    ORDER BY readers DESC, country
    LIMIT getvariable('most_countries')
),
usual AS (
    SELECT
        readers, country, age_band,
        -- Ordered, or of two that are as common now one would be taken and now the other.
        mode(age ORDER BY age) AS age,
        mode(exp_group ORDER BY exp_group) AS exp_group,
        max(country_size) AS country_size,
        mode(city_size ORDER BY city_size) AS city_size,
        mode(is_ios ORDER BY is_ios) AS is_ios,
        mode(is_organic ORDER BY is_organic) AS is_organic
    FROM profiles
    JOIN largest USING (country)
    WHERE age_band >= 0
    GROUP BY readers, country, age_band
)
SELECT
    row_number() OVER (ORDER BY readers DESC, country, age_band, gender) AS user_id,
    usual.* EXCLUDE (readers),
    gender
FROM usual
CROSS JOIN (SELECT DISTINCT gender FROM profiles WHERE gender IS NOT NULL);
