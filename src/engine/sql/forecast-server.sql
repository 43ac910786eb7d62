-- purpose: what a forecast must know of the server; one row. On a standby there is no WAL position of its own
SELECT pg_is_in_recovery() AS in_recovery,
       current_setting('server_version_num')::int AS version,
       current_setting('block_size')::int AS block_size,
       current_setting('full_page_writes') = 'on' AS full_page_writes,
       CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() - '0/0'::pg_lsn END AS wal_position,
       current_setting('archive_mode') AS archive_mode,
       -- -1: without limit
       CASE WHEN current_setting('max_slot_wal_keep_size') = '-1' THEN -1
            ELSE pg_size_bytes(current_setting('max_slot_wal_keep_size')) END AS slot_limit,
       pg_size_bytes(current_setting('wal_segment_size')) AS segment_bytes,
       current_setting('autovacuum') = 'on' AND current_setting('track_counts') = 'on' AS autovacuum,
       current_setting('autovacuum_freeze_max_age')::bigint AS freeze_max_age,
       extract(epoch FROM current_setting('checkpoint_timeout')::interval) AS checkpoint_s,
       pg_size_bytes(current_setting('max_wal_size')) AS checkpoint_bytes,
       -- who may not see it gets no row
       (SELECT s.setting FROM pg_settings s WHERE s.name = 'data_directory') AS data_directory,
       pg_backend_pid() AS backend_pid,
       (SELECT count(*) FROM pg_stat_replication r WHERE r.sync_state IN ('sync', 'quorum')) AS synchronous,
       (SELECT count(*) FROM pg_stat_replication) AS replicas,
       (SELECT max(age(a.backend_xmin)) FROM pg_stat_activity a
        WHERE a.pid <> pg_backend_pid() AND a.backend_type <> 'autovacuum worker') AS session_xmin_age,
       (SELECT max(greatest(age(s.xmin), age(s.catalog_xmin))) FROM pg_replication_slots s) AS slot_xmin_age,
       (SELECT max(age(t.transaction)) FROM pg_prepared_xacts t) AS prepared_xmin_age,
       (SELECT extract(epoch FROM max(clock_timestamp() - a.xact_start)) FROM pg_stat_activity a
        WHERE a.pid <> pg_backend_pid() AND a.backend_xmin IS NOT NULL
          AND a.backend_type = 'client backend') AS oldest_transaction_s
