"""The product's own sample content: an invented municipality, the mail it receives, and its text templates.

Every name, address and number is made up. Organisation numbers are synthetic, birth numbers have 80 added to the month.
Documents are made by code when they are asked for; nothing here is a copy of anybody's document.
"""
