-- purpose: the pid of the engine that drives this database; no row when none does
SELECT pid FROM pgrollout.health WHERE engine_alive
