-- purpose: stops all applications' operations, or lets them go on; $1 boolean
WITH changed AS (
    UPDATE lab.deployment SET paused = $1 RETURNING app
)
SELECT pg_notify('lab', app) FROM changed
