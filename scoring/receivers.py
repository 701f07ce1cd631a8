"""What scoring does when the ledger grew: nudge the worker. If the nudge is lost, the sweep finds the queue."""
