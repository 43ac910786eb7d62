-- purpose: whether the server has noticed that an engine is dead; until then its last message may still commit
-- $1: its login; columns: gone
SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE usename = $1) AS gone
