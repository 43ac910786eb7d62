-- purpose: whether the replica has replayed up to $1; gives one boolean
SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn
