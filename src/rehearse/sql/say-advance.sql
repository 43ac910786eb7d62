-- purpose: passes the phase boundary
-- $1: migration; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.advance(name => $1, reason => 'rehearsal')
