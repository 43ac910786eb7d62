-- purpose: whether the slot is still there; gives one boolean
SELECT count(*) > 0 FROM pg_replication_slots WHERE slot_name = 'abandoned'
