-- purpose: what constraints put off to the commit is checked now, since what is rehearsed is rolled back
SET CONSTRAINTS ALL IMMEDIATE
