-- Purpose: a small commit, so that what was written so far has an end that a standby can reach.
SET LOCAL synchronous_commit = local; SELECT pgrollout.sync_commit()
