-- purpose: the next statement of the transaction is that of another application
SET LOCAL ROLE {ident}
