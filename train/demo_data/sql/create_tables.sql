CREATE TABLE IF NOT EXISTS user_data (
    user_id integer PRIMARY KEY,
    gender integer NOT NULL,
    age integer NOT NULL,
    country text NOT NULL,
    city text NOT NULL,
    exp_group integer NOT NULL,
    os text NOT NULL,
    source text NOT NULL
);

CREATE TABLE IF NOT EXISTS post_text_df (
    post_id integer PRIMARY KEY,
    text text NOT NULL,
    topic text NOT NULL
);

CREATE TABLE IF NOT EXISTS feed_data (
    timestamp timestamp without time zone NOT NULL,
    user_id integer NOT NULL,
    post_id integer NOT NULL,
    action text NOT NULL,
    target integer NOT NULL
);
