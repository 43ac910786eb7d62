-- purpose: what install must know before it changes anything; one row
-- columns: standby, read_only, installed, recorded, missing_roles, missing_grants, publications, database, login
SELECT pg_catalog.pg_is_in_recovery() AS standby,
       pg_catalog.current_setting('transaction_read_only') = 'on' AS read_only,
       pg_catalog.to_regnamespace('pgrollout') IS NOT NULL AS installed,
       EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'pgrollout' AND c.relname = 'schema_version') AS recorded,
       (SELECT pg_catalog.string_agg('pgrollout_' || w, ', ' ORDER BY n)
        FROM pg_catalog.unnest(ARRAY['owner', 'viewer', 'responder', 'operator', 'approver', 'engine'])
             WITH ORDINALITY u (w, n)
        WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r
                          WHERE r.rolname = 'pgrollout_' || w)) AS missing_roles,
       (SELECT pg_catalog.string_agg(pg_catalog.format('GRANT %I TO %I;', g.a, g.b), ' ')
        FROM (VALUES ('pgrollout_viewer', 'pgrollout_responder'),
                     ('pgrollout_responder', 'pgrollout_operator'),
                     ('pgrollout_operator', 'pgrollout_approver'),
                     ('pgrollout_viewer', 'pgrollout_engine'),
                     ('pg_signal_backend', 'pgrollout_owner'),
                     ('pg_read_all_stats', 'pgrollout_owner'),
                     ('pg_monitor', 'pgrollout_engine')) g (a, b)
        WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_auth_members m
                          JOIN pg_catalog.pg_roles a ON a.oid = m.roleid
                          JOIN pg_catalog.pg_roles b ON b.oid = m.member
                          WHERE a.rolname = g.a AND b.rolname = g.b)) AS missing_grants,
       (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(p.pubname), ', ')
        FROM pg_catalog.pg_publication p WHERE p.puballtables) AS publications,
       pg_catalog.current_database() AS database,
       CURRENT_USER AS login
