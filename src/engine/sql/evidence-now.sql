-- Purpose: the server's clock in microseconds since 1970, by which the time of evidence is counted.
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
