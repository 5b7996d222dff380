"""Sorting (M2–M4): versioned rules that explain themselves, and signs that no rule outweighs.

`engine` decides, and is pure; `words` finds words as people write them; `signs` is what never leaves without a person;
`reading` is the text of a document's first pages; `sets` keeps the rule sets; `operations` answers administrators.
"""
