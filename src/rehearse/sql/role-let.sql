-- purpose: a role of the database's logs in to the copy, whatever keeps it out there
ALTER ROLE {ident} LOGIN CONNECTION LIMIT -1
