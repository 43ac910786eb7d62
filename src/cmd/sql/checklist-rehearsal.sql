-- purpose: keeps the result of a rehearsal for the checklists
-- $1: migration, $2: SHA-256 of the plan, $3: passed, $4: states, $5: trials, $6: failures; columns: those of
-- pgrollout.receipt
SELECT * FROM pgrollout.checklist_rehearsal(name => $1, plan_sha256 => $2, passed => $3, states => $4, trials => $5,
                                            failures => $6)
