-- purpose: the replica applies again (on the replica)
SELECT pg_wal_replay_resume()
