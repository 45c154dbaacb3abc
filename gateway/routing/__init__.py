"""Facts and rules give a Decision with its reasons. Pure: no storage, so it can be replayed."""
