-- purpose: whether the replica shall still be late (on the replica); gives one boolean
SELECT count(*) > 0 FROM pg_file_settings WHERE name = 'recovery_min_apply_delay'
