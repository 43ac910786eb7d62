-- purpose: takes back what somebody has confirmed of the checklists
-- $1: migration, $2: item, $3: note; columns: those of pgrollout.receipt
SELECT * FROM pgrollout.checklist_withdraw(name => $1, item => $2, note => $3)
