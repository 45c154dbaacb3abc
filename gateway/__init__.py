"""The journey of a mail, from arrival to acknowledged case; the only package that knows both others.

Rooms, in the order the bytes travel: ``intake``, ``triage``, ``routing``, ``cases``, ``deadlines``,
``outbound``; ``evidence`` lies under all of them. ``flow`` reads them aloud as a table. Rooms never
import one another: what one hands to the next is a row, or a value defined where it is made.
"""
