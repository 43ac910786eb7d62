# manual pages
dist_man_MANS += man/pgrollout-console.1
dist_man_MANS += man/pgrollout-hooks.7
dist_man_MANS += man/pgrollout-lint.7
dist_man_MANS += man/pgrollout-plan.5
dist_man_MANS += man/pgrollout-theme.5
dist_man_MANS += man/pgrollout.1
dist_man_MANS += man/pgrollout.conf.5
