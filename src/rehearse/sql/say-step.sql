-- purpose: lets one step or batch through
-- $1: migration; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.step(name => $1)
