"""Settings: base is shared, dev, test and prod each add what differs."""
