"""Where the rooms meet for contestations: lists read in the sandbox, cases matched, letters, due dates.

The rooms do not know one another: ``contestations`` says what happens, ``cases`` which case it is,
``outbound`` what leaves, ``deadlines`` when. The steps of the journey, the pages and the command line come
here.
"""
