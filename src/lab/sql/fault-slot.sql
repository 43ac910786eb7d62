-- purpose: a slot that keeps the WAL from now on
SELECT pg_create_physical_replication_slot('abandoned', true)
