-- purpose: the rollback card, as lines
-- $1: migration; columns: one line
SELECT * FROM pgrollout.card_text(name => $1)
