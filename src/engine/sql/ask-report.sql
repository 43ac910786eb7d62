-- The document of a report: 1 the migration's name, quoted.
SELECT pgrollout.report(name => %s)
