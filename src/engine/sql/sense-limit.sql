-- Before what follows the common sample in the same second: only the time that is left, in ms.
SET LOCAL statement_timeout = @timeout@;
