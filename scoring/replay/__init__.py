"""Replaying a labelled stream of alerts through the product's own services."""
