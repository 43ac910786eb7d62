# The console: pictures from recorded snapshots, and what the questions say.
if HAVE_TEST_LIBS
check_PROGRAMS += tests/console/test_acts tests/console/test_answers tests/console/test_pictures tests/console/test_questions
TESTS += tests/console/test_acts tests/console/test_answers tests/console/test_pictures tests/console/test_questions
endif
tests_console_test_pictures_SOURCES = tests/console/test_pictures.c tests/console/pictures/changes.c \
    tests/console/pictures/coach.c \
    tests/console/pictures/cockpit.c tests/console/pictures/golden.c tests/console/pictures/picture.h \
    tests/console/pictures/rules.c tests/console/pictures/screens.c tests/console/pictures/stage.c
tests_console_test_pictures_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
CONSOLE_TEST_LIBS = libconsole.a libreport.a libengine.a liblint.a libplan.a libpg.a libbase.a libresources.a \
    $(CMOCKA_LIBS) $(PG_QUERY_LIBS) $(TUI_LIBS) $(DEPS_LIBS) -lm
tests_console_test_pictures_LDADD = $(CONSOLE_TEST_LIBS)
tests_console_test_answers_SOURCES = tests/console/test_answers.c
tests_console_test_answers_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_console_test_answers_LDADD = $(CONSOLE_TEST_LIBS)
tests_console_test_questions_SOURCES = tests/console/test_questions.c
tests_console_test_questions_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_console_test_questions_LDADD = $(CONSOLE_TEST_LIBS)
tests_console_test_acts_SOURCES = tests/console/test_acts.c
tests_console_test_acts_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_console_test_acts_LDADD = $(CONSOLE_TEST_LIBS)
CLEANFILES += *.txt.drawn
CONSOLE_PICTURES = \
    tests/console/cockpit/aborting.txt \
    tests/console/cockpit/ask-abort-card.txt \
    tests/console/cockpit/ask-abort.txt \
    tests/console/cockpit/ask-advance.txt \
    tests/console/cockpit/ask-confirm.txt \
    tests/console/cockpit/ask-contract.txt \
    tests/console/cockpit/ask-gate-back.txt \
    tests/console/cockpit/ask-resume-all.txt \
    tests/console/cockpit/ask-resume-several.txt \
    tests/console/cockpit/ask-resume.txt \
    tests/console/cockpit/ask-retry.txt \
    tests/console/cockpit/ask-skip.txt \
    tests/console/cockpit/ask-step.txt \
    tests/console/cockpit/bare.txt \
    tests/console/cockpit/boundary.txt \
    tests/console/cockpit/coach-asks.txt \
    tests/console/cockpit/coach.txt \
    tests/console/cockpit/connecting.txt \
    tests/console/cockpit/contract.txt \
    tests/console/cockpit/done.txt \
    tests/console/cockpit/empty.txt \
    tests/console/cockpit/failed-at-length.txt \
    tests/console/cockpit/failed.txt \
    tests/console/cockpit/frozen-hurts.txt \
    tests/console/cockpit/frozen-lost.txt \
    tests/console/cockpit/frozen.txt \
    tests/console/cockpit/gate-back-used.txt \
    tests/console/cockpit/gate-back.txt \
    tests/console/cockpit/gate.txt \
    tests/console/cockpit/held.txt \
    tests/console/cockpit/help.txt \
    tests/console/cockpit/hostile.txt \
    tests/console/cockpit/journal.txt \
    tests/console/cockpit/late.txt \
    tests/console/cockpit/lost.txt \
    tests/console/cockpit/low-bandwidth-held.txt \
    tests/console/cockpit/low-bandwidth.txt \
    tests/console/cockpit/message.txt \
    tests/console/cockpit/no-engine.txt \
    tests/console/cockpit/past-lost.txt \
    tests/console/cockpit/past.txt \
    tests/console/cockpit/paused-at-gate.txt \
    tests/console/cockpit/paused-no-engine.txt \
    tests/console/cockpit/paused-since.txt \
    tests/console/cockpit/paused.txt \
    tests/console/cockpit/prompt-first.txt \
    tests/console/cockpit/prompt-last.txt \
    tests/console/cockpit/prompt-offers.txt \
    tests/console/cockpit/prompt-steps.txt \
    tests/console/cockpit/prompt.txt \
    tests/console/cockpit/read-only.txt \
    tests/console/cockpit/refused.txt \
    tests/console/cockpit/running.txt \
    tests/console/cockpit/several-holds.txt \
    tests/console/cockpit/stale.txt \
    tests/console/cockpit/unfilled.txt
CONSOLE_SCREENS = \
    tests/console/screens/activity-ended.txt \
    tests/console/screens/activity-gone.txt \
    tests/console/screens/activity-hidden.txt \
    tests/console/screens/activity-hostile.txt \
    tests/console/screens/activity-open.txt \
    tests/console/screens/activity-past.txt \
    tests/console/screens/activity-refused.txt \
    tests/console/screens/activity.txt \
    tests/console/screens/ask-cancel.txt \
    tests/console/screens/ask-terminate.txt \
    tests/console/screens/card-drift.txt \
    tests/console/screens/card-end.txt \
    tests/console/screens/card-hostile.txt \
    tests/console/screens/card-none.txt \
    tests/console/screens/card-refused.txt \
    tests/console/screens/card-stale.txt \
    tests/console/screens/card.txt \
    tests/console/screens/checklist-refused.txt \
    tests/console/screens/checklist-stale.txt \
    tests/console/screens/checklist.txt \
    tests/console/screens/drill-asks.txt \
    tests/console/screens/drill-lost.txt \
    tests/console/screens/drill-none.txt \
    tests/console/screens/drill.txt \
    tests/console/screens/fleet-empty.txt \
    tests/console/screens/fleet-filtered.txt \
    tests/console/screens/fleet-lost.txt \
    tests/console/screens/fleet-several-bare.txt \
    tests/console/screens/fleet-several-lost.txt \
    tests/console/screens/fleet-several-password.txt \
    tests/console/screens/fleet-several-past.txt \
    tests/console/screens/fleet-several-room.txt \
    tests/console/screens/fleet-several.txt \
    tests/console/screens/fleet.txt \
    tests/console/screens/guards-blind.txt \
    tests/console/screens/guards-hostile.txt \
    tests/console/screens/guards-refused.txt \
    tests/console/screens/guards-set.txt \
    tests/console/screens/guards-stale.txt \
    tests/console/screens/guards.txt \
    tests/console/screens/help-end.txt \
    tests/console/screens/help-read-only.txt \
    tests/console/screens/help.txt \
    tests/console/screens/journal-filtered.txt \
    tests/console/screens/journal-hostile.txt \
    tests/console/screens/journal-open.txt \
    tests/console/screens/journal-past.txt \
    tests/console/screens/journal-people.txt \
    tests/console/screens/journal.txt \
    tests/console/screens/locks-deep.txt \
    tests/console/screens/locks-ended.txt \
    tests/console/screens/locks-filtered.txt \
    tests/console/screens/locks-frozen.txt \
    tests/console/screens/locks-hidden.txt \
    tests/console/screens/locks-hostile.txt \
    tests/console/screens/locks-none.txt \
    tests/console/screens/locks-open.txt \
    tests/console/screens/locks-ours.txt \
    tests/console/screens/locks-refused.txt \
    tests/console/screens/locks.txt \
    tests/console/screens/looks.txt \
    tests/console/screens/plan-contract.txt \
    tests/console/screens/plan-diff.txt \
    tests/console/screens/plan-hostile.txt \
    tests/console/screens/plan-open.txt \
    tests/console/screens/plan-same.txt \
    tests/console/screens/plan-unread.txt \
    tests/console/screens/plan.txt \
    tests/console/screens/replicas-failing.txt \
    tests/console/screens/replicas-hidden.txt \
    tests/console/screens/replicas-low.txt \
    tests/console/screens/replicas-open.txt \
    tests/console/screens/replicas-slot.txt \
    tests/console/screens/replicas-standby.txt \
    tests/console/screens/replicas.txt \
    tests/console/screens/several-cockpit.txt
CONSOLE_FIXTURES = \
    tests/console/fixtures/aborting.json \
    tests/console/fixtures/activity-hidden.json \
    tests/console/fixtures/activity.json \
    tests/console/fixtures/answers.ini \
    tests/console/fixtures/bare.json \
    tests/console/fixtures/boundary.json \
    tests/console/fixtures/card-drift.json \
    tests/console/fixtures/card-none.json \
    tests/console/fixtures/card.json \
    tests/console/fixtures/checklist.json \
    tests/console/fixtures/contract.json \
    tests/console/fixtures/done.json \
    tests/console/fixtures/empty.json \
    tests/console/fixtures/failed.json \
    tests/console/fixtures/fleet.json \
    tests/console/fixtures/gate.json \
    tests/console/fixtures/guards.json \
    tests/console/fixtures/held.json \
    tests/console/fixtures/hostile-screens.json \
    tests/console/fixtures/hostile.json \
    tests/console/fixtures/journal.json \
    tests/console/fixtures/locks-deep.json \
    tests/console/fixtures/locks-hidden.json \
    tests/console/fixtures/locks-none.json \
    tests/console/fixtures/locks.json \
    tests/console/fixtures/no-engine.json \
    tests/console/fixtures/paused.json \
    tests/console/fixtures/plan-edited.yaml \
    tests/console/fixtures/plan.yaml \
    tests/console/fixtures/replicas-failing.json \
    tests/console/fixtures/replicas-hidden.json \
    tests/console/fixtures/replicas-standby.json \
    tests/console/fixtures/replicas.json \
    tests/console/fixtures/running.json
EXTRA_DIST += $(CONSOLE_PICTURES) $(CONSOLE_SCREENS) $(CONSOLE_FIXTURES)

# The real program on a real pty, with a real server.
PTY_TESTS = \
    tests/console/pty/accidents.sh \
    tests/console/pty/cockpit.sh \
    tests/console/pty/crowd.sh \
    tests/console/pty/dead-links.sh \
    tests/console/pty/dead-server.sh \
    tests/console/pty/drill.sh \
    tests/console/pty/hostile.sh \
    tests/console/pty/locks.sh \
    tests/console/pty/pages.sh \
    tests/console/pty/past.sh \
    tests/console/pty/replay.sh \
    tests/console/pty/plain.sh \
    tests/console/pty/prompt.sh \
    tests/console/pty/rights.sh \
    tests/console/pty/running.sh \
    tests/console/pty/screens.sh \
    tests/console/pty/several.sh \
    tests/console/pty/terminals.sh \
    tests/console/pty/theme.sh
if HAVE_TEST_LIBS
check_PROGRAMS += tests/console/pty/chain tests/console/pty/drive
TESTS += $(PTY_TESTS)
CAMPAIGN_TESTS += tests/console/pty/accidents.sh tests/console/pty/cockpit.sh \
    tests/console/pty/crowd.sh tests/console/pty/dead-links.sh tests/console/pty/dead-server.sh \
    tests/console/pty/locks.sh tests/console/pty/pages.sh tests/console/pty/plain.sh \
    tests/console/pty/running.sh tests/console/pty/terminals.sh \
    tests/console/test_pictures$(EXEEXT)
endif
tests_console_pty_chain_SOURCES = tests/console/pty/chain.c
tests_console_pty_chain_CFLAGS = $(AM_CFLAGS) $(DEPS_CFLAGS)
tests_console_pty_chain_LDADD = $(DEPS_LIBS)
tests_console_pty_drive_SOURCES = tests/console/pty/drive.c tests/console/pty/screen.c \
    tests/console/pty/screen.h tests/console/pty/wire.c tests/console/pty/wire.h
tests_console_pty_drive_CFLAGS = $(AM_CFLAGS) $(VTERM_CFLAGS)
tests_console_pty_drive_LDADD = $(VTERM_LIBS) $(DEPS_LIBS) -lutil
EXTRA_DIST += $(PTY_TESTS) tests/console/pty/pty.sh
