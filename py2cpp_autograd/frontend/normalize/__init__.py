"""Python to smaller Python: what other constructs can say too, rewritten before lowering, with its spans kept."""

from __future__ import annotations

from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.frontend.normalize.absent_modules import do_without_absent_modules
from py2cpp_autograd.frontend.normalize.cached_functions import keep_results_in_dicts
from py2cpp_autograd.frontend.normalize.class_bodies import write_out_class_bodies
from py2cpp_autograd.frontend.normalize.collected_modules import keep_lists_in_variables
from py2cpp_autograd.frontend.normalize.command_line import default_arguments
from py2cpp_autograd.frontend.normalize.decorators import inline_decorators
from py2cpp_autograd.frontend.normalize.derived_module_dict import spell_out_derived_module_dicts
from py2cpp_autograd.frontend.normalize.enum_methods import move_enum_methods
from py2cpp_autograd.frontend.normalize.format_fields import spell_out_format_fields
from py2cpp_autograd.frontend.normalize.guarded_functions import call_inside_guards
from py2cpp_autograd.frontend.normalize.leaving import drop_unused_exceptions
from py2cpp_autograd.frontend.normalize.made_functions import write_out_made_functions
from py2cpp_autograd.frontend.normalize.module_dict_class import spell_out_module_dicts
from py2cpp_autograd.frontend.normalize.named_transforms import call_named_transforms
from py2cpp_autograd.frontend.normalize.named_tuples import spell_out_named_tuples
from py2cpp_autograd.frontend.normalize.none_tests import write_out_none_tests
from py2cpp_autograd.frontend.normalize.object_defaults import make_defaults_first
from py2cpp_autograd.frontend.normalize.printing_lambdas import name_printing_lambdas
from py2cpp_autograd.frontend.normalize.registered import fill_registries
from py2cpp_autograd.frontend.normalize.rows_of_numbers import spell_out_rows_of_numbers
from py2cpp_autograd.frontend.normalize.sequential_class import spell_out_sequential_classes
from py2cpp_autograd.frontend.normalize.setup_context import merge_setup_context
from py2cpp_autograd.frontend.normalize.statement_values import drop_unused_values
from py2cpp_autograd.frontend.normalize.train_mode import drop_results_of_train
from py2cpp_autograd.frontend.normalize.transposed import spell_out_transposed_rows
from py2cpp_autograd.frontend.normalize.unpacking import spell_out_unpacking
from py2cpp_autograd.frontend.normalize.written_attributes import assign_written_attributes
from py2cpp_autograd.frontend.normalize.written_bases import spell_out_written_bases
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.table.load import Table

__all__ = ["normalize"]

_REWRITTEN = (
    drop_unused_values,
    spell_out_named_tuples,
    move_enum_methods,
    assign_written_attributes,
    default_arguments,
    merge_setup_context,
    drop_unused_exceptions,
    fill_registries,
    inline_decorators,
    write_out_made_functions,
    write_out_none_tests,
    keep_results_in_dicts,
    call_inside_guards,
    name_printing_lambdas,
    call_named_transforms,
    spell_out_sequential_classes,
    spell_out_derived_module_dicts,
    drop_results_of_train,
    spell_out_transposed_rows,
    spell_out_unpacking,
    spell_out_rows_of_numbers,
    keep_lists_in_variables,
    spell_out_format_fields,
)


def normalize(source: Source, table: Table, report: Report) -> Source:
    """The source with every construct that has a smaller form in that form; `report` takes what users should know."""
    source = write_out_class_bodies(do_without_absent_modules(source, table, report))
    source = make_defaults_first(spell_out_written_bases(source, table), table)
    for rewritten in _REWRITTEN:
        source = rewritten(source)
    return spell_out_module_dicts(source, table)
