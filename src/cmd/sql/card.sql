-- purpose: the rollback card, as rows
-- $1: migration; columns: target, n, action, locks, loses
SELECT * FROM pgrollout.card(name => $1)
