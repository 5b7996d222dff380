"""Stand-in of Digdir's signing service (Posten signering, Signature API 3.1): the portal flow, and its signers.

Beside the protocol (`api`), a plain control port plays the signers and lets time pass (`control`).
"""
