-- purpose: passes the last boundary
-- $1: migration, $2: its name again, $3: reason; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.contract(name => $1, confirm => $2, reason => $3)
