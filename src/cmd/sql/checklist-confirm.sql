-- purpose: confirms an item of the checklists
-- $1: migration, $2: item, $3: note; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.checklist_confirm(name => $1, item => $2, note => $3)
