"""Facts and rules in, a Decision with its reasons out. Pure: no storage, no clock, no file.

``senders`` says whether the mail may go on, ``place`` which caisse is competent, ``match`` puts the two
together with the circuit's routes. The same mail and the same rules always give the same decision.
"""
