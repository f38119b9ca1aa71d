COPY post_text_df (post_id, text, topic) FROM STDIN (FORMAT csv);
