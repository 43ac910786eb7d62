-- purpose: sizes of batches; $2: key, $3: value
-- $1: migration; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.set(name => $1, key => $2, value => $3)
