-- purpose: takes a login of the rehearsal away
DROP OWNED BY {ident};
DROP ROLE {ident}
