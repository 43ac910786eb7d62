-- purpose: begins the message of each command: what it relies on, whatever the login's defaults are, and
-- nothing of it is left behind in a session that a pooler may give to others
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';
SET LOCAL DateStyle = ISO;
SET LOCAL TimeZone = UTC;
