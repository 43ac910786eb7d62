-- purpose: holds one migration
-- $1: migration, $2: reason, $3: whether the running step may end first; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.pause(name => $1, reason => $2, after_step => $3)
