# One verb a file; `cmd_registry` is generated from this list, in the order of the help.
CMD_VERBS =
CMD_VERBS += src/cmd/console.c
CMD_VERBS += src/cmd/install.c
CMD_VERBS += src/cmd/uninstall.c
CMD_VERBS += src/cmd/run.c
CMD_VERBS += src/cmd/status.c
CMD_VERBS += src/cmd/advance.c
CMD_VERBS += src/cmd/contract.c
CMD_VERBS += src/cmd/step.c
CMD_VERBS += src/cmd/pause.c
CMD_VERBS += src/cmd/resume.c
CMD_VERBS += src/cmd/throttle.c
CMD_VERBS += src/cmd/set.c
CMD_VERBS += src/cmd/confirm.c
CMD_VERBS += src/cmd/retry.c
CMD_VERBS += src/cmd/skip.c
CMD_VERBS += src/cmd/abort.c
CMD_VERBS += src/cmd/card.c
CMD_VERBS += src/cmd/checklist.c
CMD_VERBS += src/cmd/uses.c
CMD_VERBS += src/cmd/wait.c
CMD_VERBS += src/cmd/journal.c
CMD_VERBS += src/cmd/report.c
CMD_VERBS += src/cmd/note.c
CMD_VERBS += src/cmd/forget.c
CMD_VERBS += src/cmd/new.c
CMD_VERBS += src/cmd/lint.c
CMD_VERBS += src/cmd/show.c
CMD_VERBS += src/cmd/forecast.c
CMD_VERBS += src/cmd/rehearse.c
CMD_VERBS += src/cmd/load.c
CMD_VERBS += src/cmd/guard.c
CMD_VERBS += src/cmd/theme.c
CMD_VERBS += src/cmd/lab.c
CMD_VERBS += src/cmd/drill.c
CMD_VERBS += src/cmd/completion.c
pgrollout_SOURCES = src/cmd/main.c src/cmd/cmd.h $(CMD_VERBS)
pgrollout_SOURCES += src/cmd/lab-private.h src/cmd/lab-apps.c src/cmd/lab-cluster.c src/cmd/lab-fault.c \
    src/cmd/lab-look.c src/cmd/lab-status.c src/cmd/drill-private.h \
    src/cmd/drill-autopilot.c src/cmd/drill-call.c src/cmd/drill-coach.c src/cmd/drill-director.c \
    src/cmd/drill-facts.c src/cmd/drill-find.c src/cmd/drill-ready.c
pgrollout_SOURCES += \
    src/cmd/card.h \
    src/cmd/completion-words.c \
    src/cmd/completion-words.h \
    src/cmd/detach.c \
    src/cmd/detach.h \
    src/cmd/forecast-print.c \
    src/cmd/forecast-print.h \
    src/cmd/install-print.c \
    src/cmd/install-print.h \
    src/cmd/options.c \
    src/cmd/options.h \
    src/cmd/output.c \
    src/cmd/output.h \
    src/cmd/plan-file.c \
    src/cmd/plan-file.h \
    src/cmd/print.c \
    src/cmd/print.h \
    src/cmd/rehearse-json.c \
    src/cmd/rehearse-print.c \
    src/cmd/rehearse-print.h \
    src/cmd/session.c \
    src/cmd/session.h \
    src/cmd/status-check.c \
    src/cmd/status-print.c \
    src/cmd/status.h \
    src/cmd/uses-print.c \
    src/cmd/uses.h
RESOURCE_FILES += \
    src/cmd/sql/abort.sql \
    src/cmd/sql/advance.sql \
    src/cmd/sql/begin.sql \
    src/cmd/sql/card-takes.sql \
    src/cmd/sql/card-page.sql \
    src/cmd/sql/card.sql \
    src/cmd/completion/pgrollout.bash \
    src/cmd/completion/pgrollout.zsh \
    src/cmd/sql/completion.sql \
    src/cmd/sql/checklist-confirm.sql \
    src/cmd/sql/checklist-rehearsal.sql \
    src/cmd/sql/checklist-withdraw.sql \
    src/cmd/sql/checklist.sql \
    src/cmd/sql/confirm.sql \
    src/cmd/sql/contract.sql \
    src/cmd/sql/each.sql \
    src/cmd/sql/forget.sql \
    src/cmd/sql/journal.sql \
    src/cmd/sql/listen.sql \
    src/cmd/sql/note.sql \
    src/cmd/sql/pause-all.sql \
    src/cmd/sql/pause.sql \
    src/cmd/sql/quarantine.sql \
    src/cmd/sql/recording.sql \
    src/cmd/sql/report.sql \
    src/cmd/sql/resume-all.sql \
    src/cmd/sql/resume.sql \
    src/cmd/sql/retry.sql \
    src/cmd/sql/set.sql \
    src/cmd/sql/settings.sql \
    src/cmd/sql/skip.sql \
    src/cmd/sql/status.sql \
    src/cmd/sql/step.sql \
    src/cmd/sql/throttle.sql \
    src/cmd/sql/wait.sql
nodist_pgrollout_SOURCES = src/cmd/cmd-registry.c
pgrollout_LDADD = libconsole.a libreport.a librehearse.a liblab.a libengine.a liblint.a libplan.a libpg.a libbase.a \
    libresources.a $(PG_QUERY_LIBS) $(TUI_LIBS) $(DEPS_LIBS) -lm
BUILT_SOURCES += src/cmd/cmd-registry.c
CLEANFILES += src/cmd/cmd-registry.c
src/cmd/cmd-registry.c: $(top_srcdir)/src/cmd/local.mk $(top_srcdir)/build-aux/gen-registry.sh
	@$(MKDIR_P) src/cmd
	$(GEN_REGISTRY) cmd/cmd.h cmd_verb cmd_verb $(CMD_VERBS) > $@
