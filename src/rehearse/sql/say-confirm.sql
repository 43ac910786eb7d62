-- purpose: answers the gate that waits; $2: an application or NULL
-- $1: migration; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.confirm(name => $1, application => $2, note => 'rehearsal')
