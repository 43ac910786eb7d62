-- purpose: one snapshot of the catalog, whatever the role's defaults are
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = '30s';
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = pg_catalog, pg_temp;
