-- liked_daily -> reader_likes (user_id, liked): what each reader has ever liked, by ascending id.

CREATE OR REPLACE TABLE reader_likes AS
SELECT user_id, list(DISTINCT post_id ORDER BY post_id) AS liked
FROM liked_daily
GROUP BY user_id;
