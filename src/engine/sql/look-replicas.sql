-- Standbys, slots, archiving and WAL as the caller may see them: one json object. Spliced into a
-- statement. 1 nothing. On a standby these are its own cascaded ones, and `upstream` says whom it
-- follows. What pg_monitor does not grant reads as null: of a standby only that it is there.
SELECT jsonb_build_object(
           'argument', %s::text,
           'recovery', n.recovery, 'lsn', n.lsn::text,
           'position', pg_catalog.pg_wal_lsn_diff(n.lsn, '0/0'),
           'keep', pg_catalog.pg_size_bytes(current_setting('max_slot_wal_keep_size')),
           'upstream', (SELECT jsonb_build_object(
                   'status', coalesce(r.status, 'not shown'), 'host', r.sender_host, 'port', r.sender_port, 'slot', r.slot_name,
                   'heard_s', extract(epoch FROM clock_timestamp() - r.last_msg_receipt_time))
               FROM pg_catalog.pg_stat_wal_receiver r WHERE n.recovery),
           'replay_age_s', CASE WHEN n.recovery THEN
               extract(epoch FROM clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()) END,
           'replay_left', CASE WHEN n.recovery THEN
               pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_receive_lsn(), n.lsn) END,
           'archive', (SELECT jsonb_build_object(
                   'mode', current_setting('archive_mode'), 'archived', a.archived_count, 'failed', a.failed_count,
                   'last', a.last_archived_wal,
                   'last_s', extract(epoch FROM clock_timestamp() - a.last_archived_time),
                   'last_failed', a.last_failed_wal,
                   'failed_s', extract(epoch FROM clock_timestamp() - a.last_failed_time),
                   'fails', coalesce(a.last_failed_time > a.last_archived_time, a.last_failed_time IS NOT NULL))
               FROM pg_catalog.pg_stat_archiver a),
           'standbys', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'pid', s.pid,
                   'name', coalesce(nullif(s.application_name, ''), host(s.client_addr), 'pid ' || s.pid),
                   'address', host(s.client_addr), 'login', s.usename, 'state', s.state, 'sync', s.sync_state,
                   'write_s', CASE WHEN s.behind = 0 THEN 0 ELSE extract(epoch FROM s.write_lag) END,
                   'flush_s', CASE WHEN s.behind = 0 THEN 0 ELSE extract(epoch FROM s.flush_lag) END,
                   'replay_s', CASE WHEN s.behind = 0 THEN 0 ELSE extract(epoch FROM s.replay_lag) END,
                   'behind', s.behind,
                   'unsent', pg_catalog.pg_wal_lsn_diff(n.lsn, s.sent_lsn),
                   'heard_s', extract(epoch FROM clock_timestamp() - s.reply_time),
                   'slot', (SELECT t.slot_name FROM pg_catalog.pg_replication_slots t WHERE t.active_pid = s.pid LIMIT 1))
                   ORDER BY s.behind DESC NULLS FIRST, s.application_name, s.pid), '[]'::jsonb)
               FROM (SELECT r.*, pg_catalog.pg_wal_lsn_diff(n.lsn, r.replay_lsn) AS behind
                       FROM pg_catalog.pg_stat_replication r ORDER BY r.pid LIMIT 100) s),
           'slots', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'name', t.slot_name, 'type', t.slot_type, 'plugin', t.plugin, 'database', t.database,
                   'active', t.active, 'active_pid', t.active_pid, 'temporary', t.temporary,
                   'status', t.wal_status, 'safe', t.safe_wal_size, 'retained', t.retained,
                   'xmin_age', age(coalesce(t.xmin, t.catalog_xmin)))
                   ORDER BY t.retained DESC NULLS LAST, t.slot_name), '[]'::jsonb)
               FROM (SELECT x.*, pg_catalog.pg_wal_lsn_diff(n.lsn, x.restart_lsn) AS retained
                       FROM pg_catalog.pg_replication_slots x
                      ORDER BY x.restart_lsn NULLS LAST LIMIT 100) t))
  FROM (SELECT pg_catalog.pg_is_in_recovery() AS recovery,
               CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                    ELSE pg_catalog.pg_current_wal_lsn() END AS lsn) n
