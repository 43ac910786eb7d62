-- purpose: passes the phase boundary
-- $1: migration, $2: reason; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.advance(name => $1, reason => $2)
