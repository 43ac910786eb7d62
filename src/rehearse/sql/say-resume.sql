-- purpose: lets it go on by itself
-- $1: migration; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.resume(name => $1)
