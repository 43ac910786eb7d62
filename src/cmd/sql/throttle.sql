-- purpose: slower now
-- $1: migration, $2: for how long, $3: reason; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.throttle(name => $1, duration => $2, reason => $3)
