-- purpose: passes the last boundary
-- $1: migration; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.contract(name => $1, confirm => $1, reason => 'rehearsal')
