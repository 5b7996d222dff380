"""KS SvarInn: the client of version 2 and the CMS envelope that its content comes in."""
