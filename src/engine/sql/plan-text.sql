-- Purpose: the text of a plan. {migration}: its id. Columns: id, text.
SELECT {migration}, pgrollout.plan_text({migration})
