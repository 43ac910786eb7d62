# manual pages
dist_man_MANS += man/pgrollout-plan.5
