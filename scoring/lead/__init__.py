"""The lead's page: how each queue is doing, with honest intervals."""
