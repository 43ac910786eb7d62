-- purpose: what every command relies on, whatever the login's defaults are
-- $1: operating-system user, for the journal
SELECT pg_catalog.set_config('pgrollout.os_user', $1, false),
       pg_catalog.set_config('default_transaction_isolation', 'read committed', false),
       pg_catalog.set_config('lock_timeout', '20s', false),
       pg_catalog.set_config('statement_timeout', '60s', false),
       pg_catalog.set_config('DateStyle', 'ISO', false),
       pg_catalog.set_config('TimeZone', 'UTC', false)
