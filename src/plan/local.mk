noinst_LIBRARIES += libplan.a
libplan_a_SOURCES = \
    src/plan/applications.c \
    src/plan/check.c \
    src/plan/check-across.c \
    src/plan/check-shape.c \
    src/plan/fields.c \
    src/plan/fields-private.h \
    src/plan/guard-kinds.c \
    src/plan/guards.c \
    src/plan/guards-private.h \
    src/plan/kinds.c \
    src/plan/kinds-gates.c \
    src/plan/kinds-schema.c \
    src/plan/kinds-private.h \
    src/plan/node.c \
    src/plan/node-private.h \
    src/plan/notation.c \
    src/plan/notation-private.h \
    src/plan/plan.c \
    src/plan/reader.c \
    src/plan/recipe.c \
    src/plan/recipe-private.h \
    src/plan/recipe-values.c \
    src/plan/report.c \
    src/plan/statements.c \
    src/plan/steps.c \
    src/plan/tables.c \
    src/plan/title.c \
    src/plan/values.c \
    src/plan/window.c \
    src/plan/words.c
noinst_HEADERS += \
    include/pgrollout/plan/plan.h \
    include/pgrollout/plan/reader.h \
    include/pgrollout/plan/recipe.h
# One recipe a file, found by its name.
RESOURCE_FILES += \
    src/plan/recipe-parts/carried.part \
    src/plan/recipe-parts/head.part \
    src/plan/recipe-parts/keys.part \
    src/plan/recipe-parts/unused.part \
    src/plan/recipes/add-foreign-key.yaml \
    src/plan/recipes/add-not-null-column.yaml \
    src/plan/recipes/add-unique.yaml \
    src/plan/recipes/api-change.yaml \
    src/plan/recipes/change-type.yaml \
    src/plan/recipes/create-index.yaml \
    src/plan/recipes/drop-column.yaml \
    src/plan/recipes/rename-column.yaml \
    src/plan/recipes/rename-table.yaml \
    src/plan/recipes/replace-enum.yaml \
    src/plan/recipes/split-table.yaml
