-- purpose: what is tried is taken back
BEGIN
