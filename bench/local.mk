# make bench: speeds as shares of a yardstick in the same run. Let nothing else use the machine.
EXTRA_DIST += bench/backfill.sh
bench: pgrollout$(EXEEXT)
	PGROLLOUT='$(abs_top_builddir)/pgrollout' PG_BINDIR='$(PG_BINDIR)' \
	    $(SHELL) -c 'exec bash $(top_srcdir)/bench/backfill.sh'
.PHONY: bench
