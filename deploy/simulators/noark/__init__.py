"""Stand-in for a Noark 5 archive core that speaks the Noark 5 tjenestegrensesnitt 1.1 (REST with HAL-like links).

The root is `<address>/api/`; every other address follows from a link. What it holds lies in the folder of `--state`
and outlives a restart. Besides the shared faults it has control calls of its own, see `simulators.noark.control`.
"""
