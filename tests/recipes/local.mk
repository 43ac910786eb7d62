# The recipes: each with both releases writing, aborted from every step, killed at many moments.
recipe_tests = tests/recipes/abort.sh tests/recipes/kill.sh tests/recipes/recipes.sh
recipe_cases = \
    tests/recipes/cases/add-foreign-key.sh \
    tests/recipes/cases/add-not-null-column.sh \
    tests/recipes/cases/add-unique.sh \
    tests/recipes/cases/api-change.sh \
    tests/recipes/cases/change-type.sh \
    tests/recipes/cases/create-index.sh \
    tests/recipes/cases/drop-column.sh \
    tests/recipes/cases/rename-column-dual.sh \
    tests/recipes/cases/rename-column.sh \
    tests/recipes/cases/rename-table.sh \
    tests/recipes/cases/replace-enum.sh \
    tests/recipes/cases/split-table.sh
TESTS += $(recipe_tests)
EXTRA_DIST += $(recipe_tests) $(recipe_cases) tests/recipes/recipe.sh tests/recipes/rehearse.sh
CAMPAIGN_TESTS += $(recipe_tests) tests/recipes/rehearse.sh
