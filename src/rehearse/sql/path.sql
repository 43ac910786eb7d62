-- purpose: names without a schema are those of the plan's
SET search_path = {ident}, public
