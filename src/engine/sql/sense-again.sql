-- A sample, once sense-setup.sql was sent on this connection.
EXECUTE pgrollout_sense
