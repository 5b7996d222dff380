"""Cases: who may do what with which child's papers, and proof of who did (M8, M10–M18)."""
