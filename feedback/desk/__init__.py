"""The rep's desk: the pages a rep works on, and the parts every page shares."""
