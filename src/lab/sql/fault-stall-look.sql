-- purpose: whether the replica has stopped applying (on the replica); gives one boolean
SELECT pg_is_wal_replay_paused()
