-- purpose: leaves a gate or check out
-- $1: migration, $2: step, $3: reason; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.skip(name => $1, step => $2, reason => $3)
