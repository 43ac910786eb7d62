-- purpose: makes every application count from nothing again
WITH changed AS (
    UPDATE lab.deployment SET generation = generation + 1 RETURNING app
)
SELECT pg_notify('lab', app) FROM changed
