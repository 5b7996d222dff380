"""Log-in of staff through ID-porten, and the sessions it opens (M29).

`identity` and `session` decide and do no I/O; `provider` is the port to the identity provider, `idporten` its adapter.
"""
