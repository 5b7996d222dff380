"""What cases keeps: all SQL of the service. Every listing takes the actor's standing and filters (R8)."""
