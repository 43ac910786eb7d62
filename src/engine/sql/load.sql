-- purpose: registers a plan; its JSON is put in as a literal. Columns: those of pgrollout.receipt
SELECT * FROM pgrollout.load(:plan)
