"""The API classes that the language itself gives a meaning to: modules, custom Functions and their context."""

from __future__ import annotations

import sys
from typing import Literal

from py2cpp_autograd.table.load import Table
from py2cpp_autograd.types import ApiType, Type, is_module_instance

LIBRARY = "torch"
#: Without one of these words a program has no tensors of two bytes; files may hold some.
HALVES = frozenset({"half", "float16", "bfloat16", "HalfTensor", "BFloat16Tensor", "autocast", "load"})
#: The packages that its own package requires, or is hardly ever without.
REQUIRED = frozenset(
    {
        "filelock", "fsspec", "jinja2", "markupsafe", "mpmath", "networkx", "numpy", "packaging", "pkg_resources",
        "setuptools", "sympy", "typing_extensions",
    }
)  # fmt: skip
TENSOR = "torch.Tensor"
PARAMETER = "torch.nn.Parameter"
#: What Python shows of classes, where that is not `module.name` by the key of the row.
CLASS_TEXTS = {TENSOR: "torch.Tensor", PARAMETER: "torch.nn.parameter.Parameter"}
#: The conversion that takes a class of tensors for a dtype.
TYPE = "torch.Tensor.type"
#: Where old code has a number in front of the tensors: the keyword that has replaced it.
NUMBER_FIRST = {
    f"{owner}.{name}{in_place}": keyword
    for name, keyword in (("add", "alpha"), ("sub", "alpha"), ("addcmul", "value"), ("addcdiv", "value"))
    for owner, in_place in ((TENSOR, ""), (TENSOR, "_"), (LIBRARY, ""))
}
#: Any module: what a list of modules of several classes holds.
ANY_MODULE = "torch.nn.AnyModule"
MODULE = "torch.nn.Module"
#: What modules call, or look at, in themselves, beside what has rows.
CALLED_IN_MODULES = frozenset({
    "T_destination", "_compiled_call_impl", "_get_backward_hooks", "_get_backward_pre_hooks", "_slow_forward",
    "_maybe_warn_non_full_backward_hook", "_register_load_state_dict_pre_hook", "_version", "_wrapped_call_impl",
    "call_super_init", "compile", "dump_patches", "extra_repr", "get_buffer", "get_extra_state", "get_parameter",
    "get_submodule", "ipu", "mtia", "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook",
    "register_state_dict_post_hook", "register_state_dict_pre_hook", "set_extra_state", "set_submodule",
    "share_memory", "to_empty", "type", "xpu",
})  # fmt: skip
#: `a is b` of modules.
SAME_MODULE = "py2cpp.same_module"
#: The calls of modules that only the run knows, whose results C++ takes as one tensor.
CONTAINER_CALLS = frozenset({"torch.nn.Sequential.__call__", "torch.nn.AnyModule.__call__"})
#: The names of a model file that the harness drives.
DRIVEN = frozenset({"Model", "get_inputs", "get_init_inputs"})
#: Gives what a container of modules holds, in order.
PARTS = "torch.nn.Module.__parts__"
#: What layers that C++ makes of functions derive from.
LAYER = "torch.nn.Functional"
#: How classes of C++ are called that are one class of Python with another.
_VARIANTS = ("WithIndices", "WithoutDim", "InPlace")
#: Its output projection is a class of its own, which derives from that of linear layers.
ATTENTION = "torch.nn.MultiheadAttention"
LINEAR = "torch.nn.Linear"
#: The text of a module; a layer that is told how its options were written.
MODULE_TEXT = "py2cpp.module_text"
WRITTEN = "py2cpp.written"
#: What a class of modules may say of itself there, and how it would call itself.
TEXTS_OF_MODULES = ("extra_repr", "__repr__")
CLASS_NAME = "_get_name"
MODULE_LIST = "torch.nn.ModuleList"
#: A slice of a list of modules with a step.
EVERY = "py2cpp.every"
MODULE_DICT = "torch.nn.ModuleDict"
#: Gives a module a state, and one that is a dict of the program's own making.
LOAD_STATE = "torch.nn.Module.load_state_dict"
LOAD_PLAIN_STATE = "py2cpp.load_plain_state"
#: The number that a tensor is, where the library takes a number.
NUMBER_OF = "py2cpp.number_of"
#: The modules of a module by name.
MODULES_BY_NAME = "py2cpp.modules_by_name"
SEQUENTIAL = "torch.nn.Sequential"
#: What classes of the program that derive from it derive from in C++.
DERIVED_SEQUENTIAL = "py2cpp.Sequential"
#: Runs a function, and once more in the backward pass.
CHECKPOINT = "torch.utils.checkpoint.checkpoint"
#: Transforms of functions, as the table calls them: what they make is called at once.
VMAP = "torch.func.vmap"
GRAD = "torch.func.grad"
JACREV = "torch.func.jacrev"
JACFWD = "torch.func.jacfwd"
HESSIAN = "torch.func.hessian"
GRAD_AND_VALUE = "torch.func.grad_and_value"
SCALAR_TRANSFORMS = frozenset({GRAD, GRAD_AND_VALUE})
TRANSFORMS = {
    "torch.vmap": VMAP,
    **{name: name for name in (GRAD, GRAD_AND_VALUE, VMAP, JACREV, JACFWD, HESSIAN)},
}
#: Calls a module with other tensors than its own.
FUNCTIONAL_CALL = "torch.func.functional_call"
#: Those that are given the arguments too.
PULLBACK = "torch.func.vjp"
PUSHFORWARD = "torch.func.jvp"
#: What stands for any module, or holds some.
HOLDS_ANY = frozenset({MODULE, ANY_MODULE, SEQUENTIAL, MODULE_LIST, MODULE_DICT, DERIVED_SEQUENTIAL})
#: The buffers that modules change when they are called, and the options of those that change tensors.
CHANGED_BY_CALLS = frozenset({"running_mean"})
CHANGING_OPTIONS = frozenset({"inplace", "max_norm"})
#: The context manager that lets errors of its block pass.
SUPPRESS = "contextlib.suppress"
#: The method of modules that C++ calls as the class defines it.
TRAIN = "train"
#: The methods of modules that only programs call, so that a class can have its own.
CALLED_BY_PROGRAMS = frozenset({"parameters", "zero_grad", "to"})
#: Those that change what `parameters` gives.
CHANGING_PARAMETERS = frozenset({"zero_grad", "requires_grad_"})
#: The methods of modules that give a part by its path.
LOCATING = frozenset({"get_submodule", "get_parameter", "get_buffer"})
#: The methods of modules that call it and give what it gives.
TRAINING = frozenset({TRAIN, "eval"})
#: The methods of modules that assign an attribute whose name they are given.
REGISTERING = frozenset({"add_module", "register_module", "register_buffer", "register_parameter"})
#: The methods of modules that give an iterator.
WALKS = frozenset(
    {
        "parameters", "named_parameters", "buffers", "named_buffers",
        "modules", "named_modules", "children", "named_children",
    }
)  # fmt: skip
#: Let a hook compute the weight of a layer before each call; the latter also wherever a program reads it.
COMPUTING_WEIGHTS = frozenset({"torch.nn.utils.weight_norm", "torch.nn.utils.spectral_norm"})
PARAMETRIZING = frozenset(
    {"torch.nn.utils.parametrizations.weight_norm", "torch.nn.utils.parametrizations.spectral_norm"}
)
HOOKING = COMPUTING_WEIGHTS | PARAMETRIZING
WEIGHT = "weight"
#: Runs the call of a module with the hooks of the module.
HOOKED = "torch.nn.Module.__hooked__"
#: The methods of modules that register a hook: what the hook is called with besides the module.
HOOKS: dict[str, tuple[Literal["inputs", "output", "gradients"], ...]] = {
    "register_forward_hook": ("inputs", "output"),
    "register_forward_pre_hook": ("inputs",),
    "register_full_backward_hook": ("gradients", "gradients"),
    "register_backward_hook": ("gradients", "gradients"),
    "register_full_backward_pre_hook": ("gradients",),
}
#: A base that a class of data may have; it does nothing by itself.
DATASET = "torch.utils.data.Dataset"
#: One that gives its items in an order of its own.
STREAM = "torch.utils.data.IterableDataset"
#: A base that a class of orders may have.
SAMPLER = "torch.utils.data.Sampler"
#: Those that ask a data set for its length alone.
SAMPLERS = frozenset({"torch.utils.data.RandomSampler", "torch.utils.data.SequentialSampler"})
BATCH_SAMPLER = "torch.utils.data.BatchSampler"
#: Decorators that say something to TorchScript's compiler, and nothing to Python.
MARKS = frozenset({"torch.jit.export", "torch.jit.ignore", "torch.jit.unused"})
ANNOTATE = "torch.jit.annotate"
LOGGER = "logging.Logger"
ARRAY = "numpy.ndarray"
#: What print records by its values, as it does tensors, whatever its text is.
SHOWN_BY_VALUES = frozenset({ARRAY, "torch.NestedList"})
LOADER = "torch.utils.data.DataLoader"
#: Classes whose objects C++ may copy, as nothing changes them.
SHAREABLE = frozenset({LOADER, DATASET, "torch.dtype", "torch.device"})
SUBSET = "torch.utils.data.Subset"
CONCATENATED = "torch.utils.data.ConcatDataset"
PARALLEL = frozenset({"torch.nn.DataParallel", "torch.nn.parallel.DataParallel"})
RANDOM_SPLIT = "torch.utils.data.random_split"
#: The guards that are put around functions too.
GRAD_MODES = frozenset({"enable_grad", "no_grad"})
#: The options of an optimizer of the program, and what holds its groups and states.
#: The module whose rows stand for what Python has no name for.
OWN = "py2cpp"
DEFAULTS = "py2cpp.Defaults"
OPTIMIZER = "torch.optim.Optimizer"
#: Its `step` is that of the optimizer which it is given.
SCALER = "torch.amp.GradScaler"
DEEP_COPY = "copy.deepcopy"
DTYPE = "torch.dtype"
DEVICE = "torch.device"
#: The classes of values that `==` compares by what they are, as their classes in C++ do.
COMPARED = frozenset({DTYPE, DEVICE, "torch.layout", "torch.memory_format"})
#: What makes a module one whose first call makes it an instance of another class.
LAZY_MODULE = "torch.nn.modules.lazy.LazyModuleMixin"
#: A value that indexes a tensor as `start:stop:step` does.
SLICE = "builtins.slice"
#: Write a value to a file, and read it back.
SAVE = "torch.save"
LOAD = "torch.load"
#: The text of a tuple of ints.
TUPLE_TEXT = "builtins.tuple.__str__"
#: What gives a plain tensor for a parameter.
PLAIN_COPIES = frozenset({"torch.Tensor.detach", "torch.Tensor.clone"})
#: The words without which a program has no parameters.
PARAMETER_WORDS = frozenset({"nn", "Parameter"})
#: The functions of this module compute gradients, and run the hooks on the way.
GRADIENTS = "torch.autograd."
TENSOR_BACKWARD = "torch.Tensor.backward"
FUNCTION = "torch.autograd.Function"
CONTEXT = "torch.autograd.function.FunctionCtx"
#: The text of a torch.Size, which is a tuple otherwise.
SIZE_TEXT = "torch.Size.__str__"
#: The values of a list that a star gives to print.
SPREAD = "py2cpp.spread"
#: A text that the run tells, with the values that its fields may name.
FORMATTED, SHOWN = "py2cpp.formatted", "py2cpp.Shown"
#: The columns of rows: `zip(*rows)`.
COLUMNS = "py2cpp.columns"
#: The values of a list that a star gives to a function that takes so many.
EXACTLY = "py2cpp.exactly"
#: The decorator of a custom Function's backward that has no second derivative.
ONCE_DIFFERENTIABLE = "torch.autograd.function.once_differentiable"

#: The dtypes that Python's own classes stand for where a dtype is wanted (torch/csrc/utils/python_arg_parser.h).
DTYPES = {
    "builtins.bool": "torch.bool",
    "builtins.int": "torch.int64",
    "builtins.float": "torch.float64",
    "builtins.complex": "torch.complex128",
}


def is_foreign(table: Table, module: str) -> bool:
    """Whether a module comes neither with Python nor with the library, and no row is about it."""
    top = module.partition(".")[0]
    return top not in sys.stdlib_module_names and top not in REQUIRED and not table.knows_module(top)


def is_a(table: Table, name: str, role: str) -> bool:
    """Whether the API class `name` is the class `role` or derives from it."""
    row = table.find(name)
    key = name if row is None else row.key
    return key == role or any(is_a(table, base, role) for base in table.bases(key))


def class_of_python(name: str) -> str:
    """The class of Python that a class of modules is in C++: that of MaxPool2dWithIndices is MaxPool2d."""
    for variant in _VARIANTS:
        name = name.removesuffix(variant)
    return name


def is_module(table: Table, name: str) -> bool:
    """Whether the API class is a module."""
    return is_a(table, name, MODULE)


def is_open(type_: Type) -> bool:
    """Whether a value is a module whose class is not known before the program runs."""
    return isinstance(type_, ApiType) and type_.name in {MODULE, ANY_MODULE}


def instance_of(table: Table, name: str, elements: tuple[Type, ...] = ()) -> ApiType:
    """The type of an instance of an API class."""
    return ApiType(name, ANY_MODULE if is_module(table, name) else _family(table, name), elements)


def common_family(a: Type, b: Type) -> str | None:
    """The class that values of both types are taken as, if there is one."""
    if not isinstance(a, ApiType) or not isinstance(b, ApiType):
        return None
    return a.family if a.family == b.family else None


def _family(table: Table, name: str) -> str | None:
    """The class that values of several classes are taken as, where the C++ class of each converts to its."""
    row = table.find(name)
    if row is None or row.variants[0].kind != "class":
        return None
    if row.variants[0].words.get("family"):
        return row.key
    return next((found for base in row.variants[0].bases if (found := _family(table, base)) is not None), None)


def is_size(table: Table, row: str, variant: int, form: str) -> bool:
    """Whether a use of a row gives a torch.Size, which has another text than other tuples of numbers."""
    found = table.find(row)
    if found is None or form == "item":
        return False
    used = found.variants[variant]
    return "Size" in (used.words.get("type"), str(used.signature.result))


def are_modules(table: Table, *types: Type) -> bool:
    """Whether all values are modules, of the API or of the program."""
    return all(
        is_module_instance(type_) or (isinstance(type_, ApiType) and is_module(table, type_.name)) for type_ in types
    )


def is_sequential(table: Table, type_: Type) -> bool:
    """Whether a value is a module made of the modules that it was given, one after the other."""
    row = table.find(type_.name) if isinstance(type_, ApiType) else None
    return row is not None and "spread" in row.variants[0].words


def is_nullable(table: Table, name: str) -> bool:
    """Whether the C++ class is itself a handle that may be empty: module holders, graph nodes, optimizers."""
    row = table.find(name)
    if row is None or row.variants[0].kind != "class":
        return is_module(table, name)
    words = row.variants[0].words
    is_handle = bool(words.get("handle")) or "intrusive_ptr" in str(words["class"])
    return is_handle or is_module(table, name) or any(is_nullable(table, base) for base in row.variants[0].bases)


def is_tensor_class(name: str) -> bool:
    """Whether a name is that of a class that stands for a dtype: `torch.FloatTensor`."""
    return name.startswith("torch.") and name.endswith("Tensor") and name != TENSOR


def is_record(table: Table, name: str) -> bool:
    """Whether instances of the class are dicts in Python."""
    row = table.find(name)
    return row is not None and "record" in row.variants[0].words


def is_recorded(table: Table, name: str) -> bool:
    """Whether both sides record instances of the class."""
    row = table.find(name)
    is_said = row is not None and ("record" in row.variants[0].words or "recorded" in row.variants[0].words)
    return is_said or is_a(table, name, OPTIMIZER)


def is_saved(table: Table, name: str) -> bool:
    """Whether files may hold instances of the class."""
    row = table.find(name)
    return row is not None and "saved" in row.variants[0].words


def holds_tensors(table: Table, type_: Type) -> bool:
    """Whether an object of the API holds tensors that its results are computed from."""
    row = table.find(type_.name) if isinstance(type_, ApiType) else None
    return row is not None and "tensors" in row.variants[0].words


def slots(table: Table, type_: Type) -> str | None:
    """The class under whose name the keys are known that instances of the class hold besides those of rows."""
    row = table.find(type_.name) if isinstance(type_, ApiType) else None
    return None if row is None else row.variants[0].words.get("slots")


def written(table: Table, name: str) -> str | None:
    """The class in Python that stands for a class of the API where a class of the program derives from it."""
    row = table.find(name)
    return None if row is None else row.variants[0].words.get("written")


def derived(table: Table, name: str) -> str:
    """The class of the runtime that a class of the program derives from instead of a class of the API."""
    row = table.find(name)
    return name if row is None else str(row.variants[0].words.get("derived", row.key))


def is_function(table: Table, name: str) -> bool:
    """Whether the API class is the base of custom Functions."""
    return is_a(table, name, FUNCTION)


def is_context(type_: Type) -> bool:
    """Whether a value is the ctx of a custom Function."""
    return type_ == ApiType(CONTEXT)
