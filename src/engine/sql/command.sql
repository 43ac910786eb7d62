-- A command: 1 the function's name, 2 its named arguments, both spliced in quoted. Rows of receipts.
SELECT ok, receipt, version FROM pgrollout.%s(%s)
