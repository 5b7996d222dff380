"""What notifier keeps: consignments and attempts, staff with their choices and news. All SQL of the service."""
