-- purpose: puts a release on an application and tells it; $1 release, $2 name
WITH changed AS (
    UPDATE lab.deployment SET release = $1 WHERE app = $2 RETURNING app
)
SELECT pg_notify('lab', app) FROM changed
