"""The tests. A package, because libraries install one of the same name, which would be found first."""
