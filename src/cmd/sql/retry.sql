-- purpose: goes on after a failure
-- $1: migration, $2: reason; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.retry(name => $1, reason => $2)
