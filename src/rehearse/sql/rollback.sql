-- purpose: takes it back
ROLLBACK
