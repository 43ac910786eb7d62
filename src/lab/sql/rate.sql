-- purpose: operations a second of web and workers; $1 rate
WITH changed AS (
    UPDATE lab.deployment SET rate = $1 WHERE app <> 'cron' RETURNING app
)
SELECT pg_notify('lab', app) FROM changed
