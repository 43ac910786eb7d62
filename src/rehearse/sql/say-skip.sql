-- purpose: leaves out what a rehearsal cannot wait for; $2: the step
-- $1: migration; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.skip(name => $1, step => $2, reason => 'rehearsal')
