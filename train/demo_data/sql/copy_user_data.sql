COPY user_data (user_id, gender, age, country, city, exp_group, os, source) FROM STDIN (FORMAT csv);
