-- purpose: a login of the rehearsal, made where it is not there
DO $role$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {literal}) THEN
        CREATE ROLE {ident};
    END IF;
    ALTER ROLE {ident} LOGIN;
END
$role$
