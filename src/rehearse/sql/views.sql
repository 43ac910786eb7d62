-- purpose: fills the materialized views of the copy, those that others stand on first (as superuser)
DO $fill$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT CAST(c.oid AS regclass) AS name FROM pg_catalog.pg_class c
             WHERE c.relkind = 'm' AND NOT c.relispopulated ORDER BY c.oid LOOP
        EXECUTE format('REFRESH MATERIALIZED VIEW %s', r.name);
    END LOOP;
END
$fill$;
ANALYZE
