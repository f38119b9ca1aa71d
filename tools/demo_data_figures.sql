WITH gaps AS (
    SELECT *, timestamp - lag(timestamp) OVER reader AS gap
    FROM feed_data
    WHERE action = 'view'
    WINDOW reader AS (PARTITION BY user_id ORDER BY timestamp)
),
numbered AS (
    SELECT *, count(*) FILTER (gap IS NULL OR gap > INTERVAL 30 MINUTE) OVER (
        PARTITION BY user_id ORDER BY timestamp ROWS UNBOUNDED PRECEDING
    ) AS session
    FROM gaps
),
views AS MATERIALIZED (
    SELECT
        numbered.*,
        row_number() OVER (PARTITION BY user_id, session ORDER BY timestamp) AS position,
        age, gender, exp_group, country, topic
    FROM numbered
    JOIN user_data USING (user_id)
    JOIN post_text_df USING (post_id)
),
overall AS (SELECT avg(target) AS rate FROM views),
readers AS (
    SELECT user_id, count(*) AS views, max(session) AS sessions, avg(target) AS rate FROM views GROUP BY ALL
),
sessions AS (SELECT count(*) AS size FROM views GROUP BY user_id, session),
posts AS (SELECT post_id, topic, avg(target) AS rate, count(*) AS views FROM views GROUP BY ALL),
news AS (SELECT * FROM posts WHERE topic NOT IN ('covid', 'movie')),
topics AS (SELECT topic, avg(rate) AS rate, count(*) AS posts FROM news GROUP BY ALL),
quantiles AS (SELECT quantile_cont(age, [0.05, 0.25, 0.5, 0.75, 0.95]) AS age FROM user_data),
figures AS (
    SELECT 'gender 1' AS figure, avg(gender) AS value FROM user_data
    UNION ALL SELECT 'exp_group ' || exp_group, count(*) / sum(count(*)) OVER () FROM user_data GROUP BY exp_group
    UNION ALL SELECT 'os ' || os, count(*) / sum(count(*)) OVER () FROM user_data GROUP BY os
    UNION ALL SELECT 'source ' || source, count(*) / sum(count(*)) OVER () FROM user_data GROUP BY source
    UNION ALL SELECT 'country ' || country, count(*) / sum(count(*)) OVER () FROM user_data GROUP BY country
    UNION ALL SELECT 'city ' || city, count(*) / sum(count(*)) OVER () FROM user_data GROUP BY city
    UNION ALL SELECT 'cities', count(DISTINCT city) FROM user_data
    UNION ALL SELECT 'age mean', avg(age) FROM user_data
    UNION ALL SELECT 'age sd', stddev(age) FROM user_data
    UNION ALL SELECT 'age quantile ' || unnest([5, 25, 50, 75, 95]) || '%', unnest(age) FROM quantiles
    UNION ALL SELECT 'ids left out, readers', 1 - count(*) / (max(user_id) - min(user_id) + 1) FROM user_data
    UNION ALL SELECT 'ids left out, posts', 1 - count(*) / max(post_id) FROM post_text_df
    UNION ALL SELECT 'posts of ' || topic, count(*) FROM post_text_df GROUP BY topic
    UNION ALL SELECT 'median characters of ' || topic, median(length(text)) FROM post_text_df GROUP BY topic
    UNION ALL SELECT 'posts never shown', count(*) FROM post_text_df WHERE post_id NOT IN (SELECT post_id FROM views)
    UNION ALL SELECT 'like/view', rate FROM overall
    UNION ALL SELECT 'rows a reader', (SELECT count(*) FROM feed_data) / count(*) FROM user_data
    UNION ALL SELECT 'views a reader, mean', avg(views) FROM readers
    UNION ALL SELECT 'views a reader, sd', stddev(views) FROM readers
    UNION ALL SELECT 'sessions a reader, mean', avg(sessions) FROM readers
    UNION ALL SELECT 'sessions a reader, sd', stddev(sessions) FROM readers
    UNION ALL SELECT 'posts a session, mean', avg(size) FROM sessions
    UNION ALL SELECT 'posts a session, sd', stddev(size) FROM sessions
    UNION ALL SELECT 'pairs that repeat', 1 - count(DISTINCT (user_id, post_id)) / count(*) FROM views
    UNION ALL SELECT 'like rate of a reader, mean', avg(rate) FROM readers
    UNION ALL SELECT 'like rate of a reader, sd', stddev(rate) FROM readers
    UNION ALL SELECT 'like rate of a post, sd / mean',
        sqrt(var_pop(rate) - avg(rate * (1 - rate) / views)) / avg(rate) FROM posts
    UNION ALL SELECT 'news posts: variance told by the topic',
        (SELECT sum(posts * (rate - (SELECT avg(rate) FROM news)) ** 2) / sum(posts) FROM topics) 
        / (var_pop(rate) - avg(rate * (1 - rate) / views)) FROM news
    UNION ALL SELECT 'like rate in month ' || month(timestamp), avg(target) FROM views GROUP BY month(timestamp)
    UNION ALL SELECT 'like rate at hour ' || lpad(hour(timestamp)::VARCHAR, 2, '0'), avg(target) FROM views GROUP BY hour(timestamp)
    UNION ALL SELECT 'views at hour ' || lpad(hour(timestamp)::VARCHAR, 2, '0'), count(*) / sum(count(*)) OVER () FROM views GROUP BY hour(timestamp)
    UNION ALL SELECT 'views on weekday ' || isodow(timestamp), count(*) / sum(count(*)) OVER () FROM views GROUP BY isodow(timestamp)
    UNION ALL SELECT 'like rate of posts ' || ((position - 1) // 5 * 5 + 1) || '-' || ((position - 1) // 5 * 5 + 5) || ' of a session', avg(target) FROM views WHERE position <= 25 GROUP BY (position - 1) // 5
    UNION ALL SELECT 'relative like rate, gender ' || gender, avg(target) / any_value(rate) FROM views, overall GROUP BY gender
    UNION ALL SELECT 'relative like rate, exp_group ' || exp_group, avg(target) / any_value(rate) FROM views, overall GROUP BY exp_group
    UNION ALL SELECT 'relative like rate, ' || country, avg(target) / any_value(rate) FROM views, overall GROUP BY country
    UNION ALL SELECT 'relative like rate, ' || topic || ' at 18-20', avg(target) / any_value(rate) FROM views, overall WHERE age BETWEEN 18 AND 20 GROUP BY topic
    UNION ALL SELECT 'relative like rate, ' || topic || ' at 31-35', avg(target) / any_value(rate) FROM views, overall WHERE age BETWEEN 31 AND 35 GROUP BY topic
    UNION ALL SELECT 'shown at 29-35, ' || topic, count(*) / sum(count(*)) OVER () FROM views WHERE age BETWEEN 29 AND 35 GROUP BY topic
    UNION ALL SELECT 'shown at other ages, ' || topic, count(*) / sum(count(*)) OVER () FROM views WHERE age NOT BETWEEN 29 AND 35 GROUP BY topic
)
SELECT figure, value FROM figures ORDER BY figure
