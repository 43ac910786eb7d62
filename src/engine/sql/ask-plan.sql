-- The text of the loaded plan: 1 the migration's name, quoted.
SELECT pgrollout.plan_source(name => %s)
