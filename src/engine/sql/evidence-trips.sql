-- Purpose: which guards hold now, and the last trip of one since {since} (microseconds since 1970).
SELECT pgrollout.guard_trips({migration}, to_timestamp({since} / 1000000.0))
