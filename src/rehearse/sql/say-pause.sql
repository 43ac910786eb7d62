-- purpose: holds it, so that it goes step by step
-- $1: migration; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.pause(name => $1, reason => 'rehearsal')
