"""Operation: is it alive, is it ready, what does it measure, which request was that."""
