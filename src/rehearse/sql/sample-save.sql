-- purpose: a table that cannot be read must not end the view
SAVEPOINT one
