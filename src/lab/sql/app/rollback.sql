-- purpose: a simulated application gives its transaction up
ROLLBACK
