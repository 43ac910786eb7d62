-- purpose: takes the operator's holds of every migration away
-- $1: reason; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.resume_all(reason => $1)
