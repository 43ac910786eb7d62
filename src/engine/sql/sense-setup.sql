-- Before the first sample of a sensor connection: what it may take, and the statement itself. A sample
-- that hangs must end by itself; jit costs more than it can save here.
DEALLOCATE ALL;
SET statement_timeout = '800ms';
SET jit = off;
PREPARE pgrollout_sense AS
