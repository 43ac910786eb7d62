-- The look at the sessions, once sense-sessions.sql was sent on this connection.
EXECUTE pgrollout_sessions
