"""Classes of the program: modules, plain classes, dataclasses, named tuples and enumerations."""
