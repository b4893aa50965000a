"""History: what snapshots and events say, as marts."""
