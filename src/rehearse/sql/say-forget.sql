-- purpose: takes an ended migration away
-- $1: migration; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.forget(name => $1)
