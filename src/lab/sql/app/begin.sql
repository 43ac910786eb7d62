-- purpose: a simulated application begins a transaction
BEGIN
