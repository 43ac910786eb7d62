-- purpose: takes the operator's holds away
-- $1: migration, $2: reason; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.resume(name => $1, reason => $2)
