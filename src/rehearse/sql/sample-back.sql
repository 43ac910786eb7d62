-- purpose: goes on behind a table that could not be read
ROLLBACK TO SAVEPOINT one
