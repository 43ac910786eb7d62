-- purpose: how the last backfill of the table $1 (oid) went; no row where there was none
SELECT e.batches, e.rows, e.changed, e.low_ms, e.high_ms FROM pgrollout.forecast_earlier($1::oid) e
