"""The demo: the whole of Copse on one machine, with the Kent Research Partnership's public facts."""
