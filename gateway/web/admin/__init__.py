"""For the administrator: people, circuits and directory, keys and jobs, tokens, certificates."""
