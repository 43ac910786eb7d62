-- purpose: the replica stops applying (on the replica)
SELECT pg_wal_replay_pause()
