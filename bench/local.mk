# make bench: speeds as shares of a yardstick in the same run, then what the console costs. Let nothing else use the
# machine. bench-backfill and bench-console run one of them.
EXTRA_DIST += bench/backfill.sh bench/console.sh
EXTRA_PROGRAMS = bench/meter
bench_meter_SOURCES = bench/meter.c
bench_meter_LDADD = $(DEPS_LIBS)
CLEANFILES += bench/meter$(EXEEXT)
BENCH_RUN = PGROLLOUT='$(abs_top_builddir)/pgrollout' METER='$(abs_top_builddir)/bench/meter' PG_BINDIR='$(PG_BINDIR)'
bench: bench-backfill bench-console
bench-backfill: pgrollout$(EXEEXT)
	$(BENCH_RUN) bash $(top_srcdir)/bench/backfill.sh
bench-console: pgrollout$(EXEEXT) bench/meter$(EXEEXT)
	$(BENCH_RUN) bash $(top_srcdir)/bench/console.sh
.PHONY: bench bench-backfill bench-console
