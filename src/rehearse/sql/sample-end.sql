-- purpose: ends that view
ROLLBACK
