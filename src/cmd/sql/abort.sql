-- purpose: undoes, back to a target
-- $1: migration, $2: target, $3: reason; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.abort(name => $1, target => $2, reason => $3)
