"""The demo: one command that runs the whole of Copse on one machine, with the Kent Research Partnership's public facts."""
