"""One file per topic, one blueprint per file."""
