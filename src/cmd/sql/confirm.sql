-- purpose: answers a gate
-- $1: migration, $2: step, $3: application, $4: note; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.confirm(name => $1, step => $2, application => $3, note => $4)
