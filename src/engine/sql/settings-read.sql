-- Purpose: read back what the engine has set on a connection. Columns: name, setting.
SELECT name, setting FROM pg_catalog.pg_settings
WHERE name IN ('idle_in_transaction_session_timeout', 'client_connection_check_interval',
               'idle_session_timeout', 'row_security', 'jit', 'TimeZone', 'DateStyle', 'IntervalStyle',
               'bytea_output', 'extra_float_digits', 'standard_conforming_strings',
               'default_transaction_isolation', 'synchronous_commit', 'session_replication_role',
               'default_transaction_read_only', 'lock_timeout', 'statement_timeout', 'search_path',
               'tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count', 'tcp_user_timeout')
