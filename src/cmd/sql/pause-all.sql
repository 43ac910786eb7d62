-- purpose: holds every migration, and what is loaded later
-- $1: reason; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.pause_all(reason => $1)
