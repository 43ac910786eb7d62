-- purpose: undoes everything
-- $1: migration; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.abort(name => $1, target => 'start', reason => 'rehearsal')
