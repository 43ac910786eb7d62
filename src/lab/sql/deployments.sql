-- purpose: the applications as they start out, on release 41
-- $1 operations a second
INSERT INTO lab.deployment (app, rate) VALUES ('web', $1::float8), ('workers', $1::float8), ('cron', 0)
