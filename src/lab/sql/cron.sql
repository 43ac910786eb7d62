-- purpose: how often the cron job comes by; $1 seconds
WITH changed AS (
    UPDATE lab.deployment SET rate = 1 / $1::float8 WHERE app = 'cron' RETURNING app
)
SELECT pg_notify('lab', app) FROM changed
