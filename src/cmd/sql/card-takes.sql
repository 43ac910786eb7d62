-- purpose: what an abort takes away from new releases
-- $1: migration; columns: schema, relation, column
SELECT * FROM pgrollout.card_takes(name => $1)
