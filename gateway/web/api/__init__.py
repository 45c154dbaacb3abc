"""The verbs of the pages for programs: JSON under ``/api/v1``, the same rights, the same rules."""
