-- purpose: the names of the migrations, for the completion of shells
SELECT DISTINCT n.migration FROM pgrollout.now n ORDER BY 1
