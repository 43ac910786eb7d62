-- purpose: a simulated application ends its transaction
COMMIT
