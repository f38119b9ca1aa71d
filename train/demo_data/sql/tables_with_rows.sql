SELECT 'user_data' WHERE EXISTS (SELECT FROM user_data)
UNION ALL
SELECT 'post_text_df' WHERE EXISTS (SELECT FROM post_text_df)
UNION ALL
SELECT 'feed_data' WHERE EXISTS (SELECT FROM feed_data);
