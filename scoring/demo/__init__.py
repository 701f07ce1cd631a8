"""The demo workspace: six months of a company that never existed, told from a seed.

Everything here but `build` is pure: `story.tell(seed=..., now=...)` gives the same events in any process.
`build` feeds them through the product's own services.
"""
