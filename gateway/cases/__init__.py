"""A decision becomes a case and its place in a queue: one verb, one transition, one audit entry."""
