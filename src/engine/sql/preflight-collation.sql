-- purpose: the database's own collation has moved to another version of its library (15 and newer)
SELECT coalesce(d.datcollversion <> pg_database_collation_actual_version(d.oid), false) AS moved
FROM pg_database d WHERE d.datname = current_database()
