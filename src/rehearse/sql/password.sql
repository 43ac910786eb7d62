-- purpose: what a login of the rehearsal identifies itself with, where the database is not ours
ALTER ROLE {ident} PASSWORD {password}
