-- purpose: works as an application does
SET ROLE {ident}
