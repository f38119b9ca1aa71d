-- shown -> learned: what is learned from. Variables: first_day, sample.

CREATE OR REPLACE VIEW learned AS
FROM shown
-- On the first day nothing is known of anyone.
WHERE day > getvariable('first_day') AND is_drawn(user_id, getvariable('sample'));
