COPY feed_data (timestamp, user_id, post_id, action, target) FROM STDIN (FORMAT binary);
