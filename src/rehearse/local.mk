noinst_LIBRARIES += librehearse.a
librehearse_a_SOURCES = \
    src/rehearse/copy.c \
    src/rehearse/copy-private.h \
    src/rehearse/disposable.c \
    src/rehearse/drive.c \
    src/rehearse/dump.c \
    src/rehearse/exercise.c \
    src/rehearse/judge.c \
    src/rehearse/program.c \
    src/rehearse/rehearse.c \
    src/rehearse/rehearse-private.h \
    src/rehearse/round-trip.c \
    src/rehearse/sample.c \
    src/rehearse/shorten.c \
    src/rehearse/trials.c \
    src/rehearse/walk.c
noinst_HEADERS += include/pgrollout/rehearse/rehearse.h
RESOURCE_FILES += \
    src/rehearse/sql/adopt.sql \
    src/rehearse/sql/as-local.sql \
    src/rehearse/sql/as.sql \
    src/rehearse/sql/begin.sql \
    src/rehearse/sql/columns.sql \
    src/rehearse/sql/count.sql \
    src/rehearse/sql/create.sql \
    src/rehearse/sql/drop.sql \
    src/rehearse/sql/each.sql \
    src/rehearse/sql/forget-all.sql \
    src/rehearse/sql/here.sql \
    src/rehearse/sql/keys.sql \
    src/rehearse/sql/managed-live.sql \
    src/rehearse/sql/managed.sql \
    src/rehearse/sql/owner.sql \
    src/rehearse/sql/owners.sql \
    src/rehearse/sql/password.sql \
    src/rehearse/sql/path.sql \
    src/rehearse/sql/role-drop.sql \
    src/rehearse/sql/role.sql \
    src/rehearse/sql/rollback.sql \
    src/rehearse/sql/round-trip.sql \
    src/rehearse/sql/sample-back.sql \
    src/rehearse/sql/sample-begin.sql \
    src/rehearse/sql/sample-end.sql \
    src/rehearse/sql/sample-head.sql \
    src/rehearse/sql/sample-missing.sql \
    src/rehearse/sql/sample-parents.sql \
    src/rehearse/sql/sample-put.sql \
    src/rehearse/sql/sample-quiet.sql \
    src/rehearse/sql/sample-save.sql \
    src/rehearse/sql/say-abort.sql \
    src/rehearse/sql/say-advance.sql \
    src/rehearse/sql/say-confirm.sql \
    src/rehearse/sql/say-contract.sql \
    src/rehearse/sql/say-forget.sql \
    src/rehearse/sql/say-pause.sql \
    src/rehearse/sql/say-resume.sql \
    src/rehearse/sql/say-set.sql \
    src/rehearse/sql/say-skip.sql \
    src/rehearse/sql/say-step.sql \
    src/rehearse/sql/sequence-set.sql \
    src/rehearse/sql/sequences.sql \
    src/rehearse/sql/session.sql \
    src/rehearse/sql/settle.sql \
    src/rehearse/sql/stand.sql \
    src/rehearse/sql/tables.sql \
    src/rehearse/sql/views.sql
