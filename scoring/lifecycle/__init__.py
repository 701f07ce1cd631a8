"""The life of a queue's model: drift and its alarm, a challenger, rollback, and what a lead sees of all that."""
