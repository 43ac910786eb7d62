-- purpose: the rollback card, as lines
-- $1: migration, $2: a phase that has not been reached, or NULL; columns: kind, line, hang
SELECT * FROM pgrollout.card_page(name => $1, phase => $2)
