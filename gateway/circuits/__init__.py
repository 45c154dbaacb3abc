"""Circuits as data (decision 6): the types, the loader that refuses every fault at once, the directory.

It lies below the rooms because routing, cases, deadlines and letters all read the same circuit, and
rooms never import one another. Nothing here touches a database.
"""
