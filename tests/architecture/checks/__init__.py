"""The checks that a linter cannot make, each a pure function from a source tree to its findings."""

from collections.abc import Callable

from tests.architecture.checks.configuration import the_lint_configuration_forgets_nothing
from tests.architecture.checks.contracts import (
    every_event_has_one_home,
    every_operation_is_served_once,
    every_refusal_is_unique_and_documented,
    every_task_is_named_after_its_context,
)
from tests.architecture.checks.house import (
    contexts_are_one_list,
    documents_are_true_anywhere,
    every_module_says_its_job,
    everything_can_be_read_at_once,
    no_name_is_a_drawer,
    nothing_happens_behind_ones_back,
    tests_wait_for_the_thing_itself,
)
from tests.architecture.checks.imports import (
    every_directory_is_a_package,
    imports_keep_to_the_walls,
)
from tests.architecture.checks.migrations import (
    migrations_depend_on_their_own_label,
    migrations_import_no_living_code,
)
from tests.architecture.checks.relations import no_relation_leaves_its_label
from tests.architecture.checks.tables import (
    every_table_starts_with_its_label,
    no_string_names_a_foreign_table,
)
from tests.architecture.source import Tree

Check = Callable[[Tree], list[str]]

# By the name of the directory of broken samples that each must refuse.
CHECKS: dict[str, Check] = {
    "configuration": the_lint_configuration_forgets_nothing,
    "contexts": contexts_are_one_list,
    "documents": documents_are_true_anywhere,
    "events": every_event_has_one_home,
    "imports": imports_keep_to_the_walls,
    "literals": no_string_names_a_foreign_table,
    "migrations": migrations_depend_on_their_own_label,
    "migrations-imports": migrations_import_no_living_code,
    "modules": every_module_says_its_job,
    "names": no_name_is_a_drawer,
    "operations": every_operation_is_served_once,
    "packages": every_directory_is_a_package,
    "refusals": every_refusal_is_unique_and_documented,
    "relations": no_relation_leaves_its_label,
    "side-effects": nothing_happens_behind_ones_back,
    "sizes": everything_can_be_read_at_once,
    "tables": every_table_starts_with_its_label,
    "tasks": every_task_is_named_after_its_context,
    "tests": tests_wait_for_the_thing_itself,
}
