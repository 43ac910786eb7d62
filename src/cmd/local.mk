# One verb a file; `cmd_registry` is generated from this list.
CMD_VERBS =
CMD_VERBS += src/cmd/lab.c
pgrollout_SOURCES = src/cmd/main.c src/cmd/cmd.h $(CMD_VERBS)
pgrollout_SOURCES += src/cmd/lab-private.h src/cmd/lab-apps.c src/cmd/lab-cluster.c \
    src/cmd/lab-look.c src/cmd/lab-status.c
nodist_pgrollout_SOURCES = src/cmd/cmd-registry.c
pgrollout_LDADD = libconsole.a liblab.a libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(PG_QUERY_LIBS) $(TUI_LIBS) $(DEPS_LIBS) -lm
BUILT_SOURCES += src/cmd/cmd-registry.c
CLEANFILES += src/cmd/cmd-registry.c
src/cmd/cmd-registry.c: $(top_srcdir)/src/cmd/local.mk $(top_srcdir)/build-aux/gen-registry.sh
	@$(MKDIR_P) src/cmd
	$(GEN_REGISTRY) cmd/cmd.h cmd_verb cmd_verb $(CMD_VERBS) > $@
