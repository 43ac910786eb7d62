-- Whether what is done to session t is on record: 1 the verb, 2 the reason, 3 the migration, spliced in
-- quoted. Part of session-cancel.sql and session-terminate.sql. A standby takes no record.
SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN true
            ELSE (pgrollout.session_note(verb => (%s), pid => t.pid, backend_start => t.backend_start,
                                         reason => (%s), migration => (%s))).ok END
